import type { PortalSite } from './portal-site.ts';

/** Something of everything that the pages of services and administration show. @returns paths by the words that stand for them */
export async function furnishServices({ api, stock, site }: PortalSite): Promise<Record<string, string>> {
  const post = <T>(path: string, body: object): Promise<T> =>
    api.request<T>('POST', `/lifecycle/v1/${path}`, body);
  const order = await post<{ uuid: string }>('orders', {
    ...{ project: 'team-a', name: 'web cluster', count: 24, flavor: 'bm.general', vlan_id: 120 },
    names: Array.from({ length: 24 }, (_, n) => `web-${n + 1}`),
  });
  const servers = stock.slice(30, 36);
  await post('schedules', {
    ...{ name: 'BIOS 2.4', servers, tool: 'reboot', cron: '0 2 * * 6', time_zone: 'Asia/Tokyo' },
    ...{ window_s: 7200, os_off: { wait_s: 900, hard: true }, limits: { per_rack: 2 } },
  });
  await post('schedules', {
    name: 'on for the night shift',
    servers,
    tool: 'power-on',
    cron: '0 21 * * 1-5',
  });
  const [kernel, initrd] = ['vmlinuz', 'initrd'].map((name) => `${site.service.boot_url}/images/${name}`);
  for (const [name, description] of Object.entries({ 'ubuntu-24.04': 'Noble', 'rocky-9': 'For databases' }))
    await post('profiles', {
      name,
      description,
      kernel,
      initrd,
      cmdline: 'console=ttyS0 quiet',
      public: true,
    });
  return { ORDER: order.uuid, USED: stock[36] ?? '' };
}
