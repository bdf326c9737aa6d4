import type { AgentHost } from './agent-host.ts';
import { HttpClient } from './http-client.ts';
import { type IpxeLimits, type IpxeOutcome, runIpxe } from './ipxe-script.ts';

const REQUEST_TIMEOUT_MS = 10_000;

export interface NetworkBootOptions {
  /** Base URL of the boot service, as DHCP would tell it. */
  boot_url: string;
  /** False: kernels and ramdisks are believed to be there. */
  download_kernels: boolean;
  limits: IpxeLimits;
}

/** Boots as iPXE does that DHCP sent to `{boot_url}/boot.ipxe`. Rejects only when `signal` ends it. */
export async function networkBoot(
  host: AgentHost,
  options: NetworkBootOptions,
  signal: AbortSignal,
): Promise<IpxeOutcome> {
  await using http = new HttpClient(signal, REQUEST_TIMEOUT_MS);
  return await runIpxe(
    `${options.boot_url.replace(/\/+$/, '')}/boot.ipxe`,
    {
      settings: settingsOf(host),
      script: async (url) => {
        const reply = await http.send('GET', url).catch(() => null);
        signal.throwIfAborted();
        host.note('ipxe script', `${reply?.status ?? 'no answer'} ${url}`);
        return reply?.status === 200 ? reply.text : null;
      },
      image: async (url) => {
        const there = !options.download_kernels || (await http.fetchAndForget(url).catch(() => false));
        signal.throwIfAborted();
        host.note('ipxe image', `${there ? 'loaded' : 'missing'} ${url}`);
        return there;
      },
      sleep: async (ms) => {
        await host.clock.sleep(ms * host.time_scale, signal);
      },
    },
    options.limits,
  );
}

function settingsOf({ identity, boot_mode }: AgentHost): Record<string, string> {
  const mac = identity.macs[0] ?? '';
  return {
    uuid: identity.uuid,
    serial: identity.serial,
    manufacturer: identity.manufacturer,
    product: identity.product_name,
    platform: boot_mode === 'uefi' ? 'efi' : 'pcbios',
    buildarch: 'x86_64',
    mac,
    ip: identity.address,
    'net0/mac': mac,
    'netX/mac': mac,
    'net0/ip': identity.address,
    'netX/ip': identity.address,
  };
}
