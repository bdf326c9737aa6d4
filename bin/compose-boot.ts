import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { NewServers } from '../boot/new-servers.ts';
import { type BootServer, startBoot } from '../boot/server.ts';
import type { Neighbours } from '../conductor/neighbours/neighbours.ts';
import type { Settings } from '../config/options.ts';
import { projectRoot } from '../config/project-root.ts';
import type { Store } from '../db/store.ts';
import type { Base } from './compose-base.ts';
import { fingerprintOf, registrationTls } from './compose-registration.ts';
import type { Parts } from './parts.ts';
import { StartError } from './start-error.ts';

/**
 * Starts the boot service. `api_url`: the API as agents reach it. `embedded`: where the registration service of this process
 * listens, once it does.
 */
export async function composeBoot(
  parts: Parts,
  { settings, store, log, clock }: Base,
  api_url: string,
  { glance }: Pick<Neighbours, 'glance'>,
  embedded: { registration(): string | null } | null,
): Promise<BootServer> {
  const { host_ip, port, calls_per_minute, rack_bandwidth, rack_prefix } = settings.boot;
  const image_path = imagePath(settings);
  await mkdir(image_path, { recursive: true });
  const facts = {
    api_url,
    kernel_append_params: settings.pxe.kernel_append_params,
    deploy_kernel: settings.conductor.deploy_kernel,
    deploy_ramdisk: settings.conductor.deploy_ramdisk,
  };
  const allowed_paths = settings.conductor.file_url_allowed_paths;
  const registration = await newServers(settings, store, embedded);
  try {
    return parts.own(
      await startBoot({
        host_ip,
        port,
        image_path,
        facts,
        store,
        log,
        glance,
        allowed_paths,
        registration,
        installs: store,
        limits: { calls_per_minute, rack_bandwidth_mib_s: rack_bandwidth, rack_prefix },
        clock,
      }),
    );
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(
      `Cannot listen on ${host_ip} port ${port} (${code ?? 'error'}). Choose another [boot]host_ip or port.`,
    );
  }
}

/** How servers that nobody knows register; null: they do not. @throws StartError */
async function newServers(
  settings: Settings,
  store: Store,
  embedded: { registration(): string | null } | null,
): Promise<NewServers | null> {
  const { enrolment_token: token, script_path } = settings.boot;
  const { host_ip, port, public_endpoint } = settings.registration;
  if (token === '') return null;
  const { cert } = await registrationTls(settings, embedded !== null);
  const target = () =>
    public_endpoint || (embedded === null ? `${host_ip}:${port}` : embedded.registration());
  return {
    ...{ target, token, store, certificate_sha256: fingerprintOf(cert), http_url: settings.deploy.http_url },
    script_path: script_path || join(projectRoot, 'boot', 'scripts'),
  };
}

/** The folder of the files under /images. */
export function imagePath(settings: Settings): string {
  return settings.boot.image_path === ''
    ? join(settings.DEFAULT.state_path, 'images')
    : settings.boot.image_path;
}
