import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type ImageCache, openImageCache } from '../boot/image-cache.ts';
import type { NewServers } from '../boot/new-servers.ts';
import {
  bucketOf,
  createRunTimeScripts,
  folderOf,
  type RunTimeScripts,
  SCRIPT_BYTES,
  type ScriptSource,
} from '../boot/run-time-scripts.ts';
import { type BootServer, startBoot } from '../boot/server.ts';
import type { Neighbours } from '../conductor/neighbours/neighbours.ts';
import type { Settings } from '../config/options.ts';
import { projectRoot } from '../config/project-root.ts';
import type { Store } from '../db/store.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { isoFolder } from '../lifecycle/iso.ts';
import { openObjectStore } from '../net/object-store.ts';
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
  const { isolinux_bin, ldlinux_c32, esp_image } = settings.DEFAULT;
  const image_path = imagePath(settings);
  await mkdir(image_path, { recursive: true });
  const facts = {
    api_url,
    kernel_append_params: settings.pxe.kernel_append_params,
    deploy_kernel: settings.conductor.deploy_kernel,
    deploy_ramdisk: settings.conductor.deploy_ramdisk,
  };
  const allowed_paths = settings.conductor.file_url_allowed_paths;
  const scripts = createRunTimeScripts(scriptSource(settings, clock), log);
  const cache = await imageCache(parts, { settings, log, clock });
  const registration = await newServers(settings, store, scripts, embedded);
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
        cache,
        registration,
        scripts,
        loaders: { isolinux_bin, ldlinux_c32, esp_image },
        http_url: settings.deploy.http_url,
        installs: store,
        uploads: { store, folder: isoFolder(settings.isos.path, settings.DEFAULT.state_path) },
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

const MIB = 1024 ** 2;

/** Where images of Glance are kept; null: nowhere. @throws StartError */
async function imageCache(
  parts: Parts,
  { settings, log, clock }: Pick<Base, 'settings' | 'log' | 'clock'>,
): Promise<ImageCache | null> {
  const { image_cache_path, image_cache_size } = settings.boot;
  if (image_cache_size === 0) return null;
  const folder = image_cache_path || join(settings.DEFAULT.state_path, 'image-cache');
  try {
    return parts.own(await openImageCache({ folder, most_bytes: image_cache_size * MIB, clock, log }));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(
      `Images cannot be kept in ${folder} (${code ?? 'error'}). Choose another [boot]image_cache_path, or image_cache_size 0.`,
    );
  }
}

/** How servers that nobody knows register; null: they do not. @throws StartError */
async function newServers(
  settings: Settings,
  store: Store,
  scripts: RunTimeScripts,
  embedded: { registration(): string | null } | null,
): Promise<NewServers | null> {
  const { enrolment_token: token } = settings.boot;
  const { host_ip, port, public_endpoint } = settings.registration;
  if (token === '') return null;
  const { cert } = await registrationTls(settings, embedded !== null);
  const target = () =>
    public_endpoint || (embedded === null ? `${host_ip}:${port}` : embedded.registration());
  return {
    ...{ target, token, store, scripts },
    ...{ certificate_sha256: fingerprintOf(cert), http_url: settings.deploy.http_url },
  };
}

const SCRIPT_TIMEOUT_MS = 5_000;

/** Where scripts come from that servers fetch when they boot. @throws StartError */
export function scriptSource({ boot, s3 }: Pick<Settings, 'boot' | 's3'>, clock: Clock): ScriptSource {
  const { script_path } = boot;
  if (!script_path.startsWith('s3://')) return folderOf(script_path || join(projectRoot, 'boot', 'scripts'));
  const [, bucket, prefix = ''] =
    /^s3:\/\/([a-z0-9][a-z0-9.-]{1,62})(?:\/(.*?))?\/?$/.exec(script_path) ?? [];
  if (bucket === undefined)
    throw new StartError(`[boot]script_path must be s3://bucket or s3://bucket/prefix, not ${script_path}.`);
  if (!/^https?:\/\//.test(s3.endpoint) || s3.access_key === '' || s3.secret_key === '')
    throw new StartError(
      '[boot]script_path names a bucket: set [s3]endpoint to the URL of the object storage, and [s3]access_key and secret_key.',
    );
  const bounds = { timeout_ms: SCRIPT_TIMEOUT_MS, most_bytes: SCRIPT_BYTES };
  return bucketOf(openObjectStore({ ...s3, ...bounds, bucket }, clock), bucket, prefix);
}

/** The folder of the files under /images. */
export function imagePath(settings: Settings): string {
  return settings.boot.image_path === ''
    ? join(settings.DEFAULT.state_path, 'images')
    : settings.boot.image_path;
}
