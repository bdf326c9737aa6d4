import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { buildRamdisk } from '../../boot/ramdisk/build.ts';
import { projectRoot } from '../../config/project-root.ts';
import { eventually } from '../services/eventually.ts';
import { linuxIso } from '../services/isolinux-iso.ts';
import { type PortalSite, provide } from './portal-site.ts';
import { type QemuInSite, startQemuInSite } from './qemu-in-site.ts';

const PART_BYTES = 16 * 1024 * 1024;
const BOOT_MS = 120_000;

/** A machine in QEMU that boots Linux from an ISO image, which is brought as anybody would bring it. */
export async function bootLinux({ api }: Pick<PortalSite, 'api'>): Promise<QemuInSite> {
  const qemu = await startQemuInSite({ api }, 'db-07');
  const ramdisk = await buildRamdisk(
    join(projectRoot, 'boot', 'ramdisk', 'root'),
    join(projectRoot, '.build', 'ramdisk'),
  );
  const content = await linuxIso('rescue', ramdisk, ['console=tty0', 'console=ttyS0']);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const iso = await bring(api, { name: 'debian-rescue.iso', size_bytes: content.length, sha256 }, content);
  await bring(api, { name: 'memtest86plus-7.20.iso', size_bytes: 6_291_456 }, content.subarray(0, 4_194_304));
  await provide(api, qemu.redfish, 'manage', 'manageable');
  for (const [action, body] of [
    ['iso-mount', { iso }],
    ['boot-device', { boot_device: 'cdrom', persistent: true }],
    ['power-on', {}],
  ] as const)
    await eventually(
      () => api.request('POST', `/lifecycle/v1/servers/${qemu.redfish}/actions/${action}`, body),
      BOOT_MS,
    );
  await eventually(async () => {
    if (!(await qemu.printed()).includes('Run /init')) throw new Error('Linux does not run yet.');
  }, BOOT_MS);
  return qemu;
}

/** Announces an image and sends its first part. */
async function bring(api: PortalSite['api'], iso: object, content: Uint8Array): Promise<string> {
  const { uuid } = await api.request<{ uuid: string }>('POST', '/lifecycle/v1/isos', iso);
  for (let at = 0; at < content.length; at += PART_BYTES)
    await api.request(
      'PUT',
      `/lifecycle/v1/isos/${uuid}/content?offset=${at}`,
      content.subarray(at, at + PART_BYTES),
    );
  return uuid;
}
