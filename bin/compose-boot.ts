import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type BootServer, startBoot } from '../boot/server.ts';
import type { Neighbours } from '../conductor/neighbours/neighbours.ts';
import type { Settings } from '../config/options.ts';
import type { Base } from './compose-base.ts';
import type { Parts } from './parts.ts';
import { StartError } from './start-error.ts';

/** Starts the boot service. `api_url`: the API as agents reach it. */
export async function composeBoot(
  parts: Parts,
  { settings, store, log }: Base,
  api_url: string,
  { glance }: Pick<Neighbours, 'glance'>,
): Promise<BootServer> {
  const { host_ip, port } = settings.boot;
  const image_path = imagePath(settings);
  await mkdir(image_path, { recursive: true });
  const facts = {
    api_url,
    kernel_append_params: settings.pxe.kernel_append_params,
    deploy_kernel: settings.conductor.deploy_kernel,
    deploy_ramdisk: settings.conductor.deploy_ramdisk,
  };
  const allowed_paths = settings.conductor.file_url_allowed_paths;
  try {
    return parts.own(
      await startBoot({ host_ip, port, image_path, facts, store, log, glance, allowed_paths }),
    );
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(
      `Cannot listen on ${host_ip} port ${port} (${code ?? 'error'}). Choose another [boot]host_ip or port.`,
    );
  }
}

/** The folder of the files under /images. */
export function imagePath(settings: Settings): string {
  return settings.boot.image_path === ''
    ? join(settings.DEFAULT.state_path, 'images')
    : settings.boot.image_path;
}
