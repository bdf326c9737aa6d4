import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Settings } from '../../config/options.ts';
import { deployImagePath, filePathProblem, parseImageSource } from '../../lifecycle/image-source.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { GlanceImage } from '../../net/glance-client.ts';
import { openJsonHttp } from '../../net/json-http.ts';
import { NeighbourError } from '../../net/service-session.ts';
import { type StepContext, StepFailure, type WorkContext } from '../step.ts';

/** How long a look at the boot service may take. */
const LOOK_S = 15;

/**
 * Finds the image of a deployment, and says on the node what it is and where its agent gets it: from its own URL, from the
 * boot service, or from Swift. What is written has to be committed before the agent is told.
 * @throws StepFailure
 */
export async function prepareImage(ctx: StepContext): Promise<void> {
  const { image_url: _, ...info } = ctx.node.instance_info;
  const source = parseImageSource(String(info.image_source));
  if ('problem' in source) throw new StepFailure(`instance_info/image_source: ${source.problem}`);
  if (source.kind === 'http') return ctx.change({ instance_info: info });
  if (source.kind === 'file') {
    const problem = filePathProblem(source.path, ctx.settings.conductor.file_url_allowed_paths);
    if (problem !== null) throw new StepFailure(problem);
    const hashed = hasHash(info) ? {} : await hashOf(source.path, ctx.signal);
    return serve(ctx, { ...info, ...hashed });
  }
  const image = await glanceImage(ctx, source.image_id);
  refuseTooLarge(ctx.node, image);
  const described: JsonObject = {
    ...info,
    image_checksum: image.checksum,
    image_os_hash_algo: image.os_hash_algo,
    image_os_hash_value: image.os_hash_value,
    image_disk_format: image.disk_format,
    image_container_format: image.container_format,
    image_tags: image.tags,
    image_properties: image.properties,
  };
  if (downloadSource(ctx) !== 'swift') return serve(ctx, described);
  const image_url = swiftTempUrl(ctx.settings.glance, image.id, ctx.now());
  ctx.change({ instance_info: { ...described, image_url } });
}

/**
 * For an instance that boots from the network, and whose image is one of Glance: what it boots, as the image's properties name it.
 * @returns whether anything was changed.
 * @throws StepFailure
 */
export async function prepareNetworkBoot(ctx: StepContext): Promise<boolean> {
  const info = ctx.node.instance_info;
  if (info.boot_iso || (info.kernel && info.ramdisk)) return false;
  const source = parseImageSource(String(info.image_source));
  if ('problem' in source || source.kind !== 'glance') return false;
  const { properties } = await glanceImage(ctx, source.image_id);
  const { boot_iso_id, kernel_id, ramdisk_id } = properties;
  const found = boot_iso_id ? { boot_iso: boot_iso_id } : { kernel: kernel_id, ramdisk: ramdisk_id };
  const missing = Object.entries(found).filter(([, value]) => typeof value !== 'string');
  if (missing.length > 0)
    throw new StepFailure(
      `The image ${source.image_id} of Glance is missing the following properties: ${missing.map(([name]) => `${name}_id`).join(', ')}.`,
    );
  ctx.change({ instance_info: { ...info, ...(found as JsonObject) } });
  return true;
}

/** The node's image_download_source, or the setting (ironic: get_image_download_source). */
function downloadSource({ node, settings }: WorkContext): unknown {
  return (
    node.instance_info.image_download_source ||
    node.driver_info.image_download_source ||
    settings.agent.image_download_source
  );
}

function hasHash({ image_checksum, image_os_hash_algo, image_os_hash_value }: JsonObject): boolean {
  return Boolean(image_checksum) || (Boolean(image_os_hash_algo) && Boolean(image_os_hash_value));
}

async function hashOf(path: string, signal: AbortSignal): Promise<JsonObject> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash, { signal });
  } catch (error) {
    signal.throwIfAborted();
    const { code } = error as NodeJS.ErrnoException;
    throw new StepFailure(
      `The image file ${path} cannot be read by the conductor (${code ?? 'error'}). Put it where the conductor and the boot service have it, or name image_os_hash_algo and image_os_hash_value.`,
    );
  }
  return { image_os_hash_algo: 'sha256', image_os_hash_value: hash.digest('hex') };
}

async function glanceImage(ctx: WorkContext, image_id: string): Promise<GlanceImage> {
  const { glance } = ctx.neighbours;
  if (glance === null)
    throw new StepFailure('The image is one of Glance, and no Glance is configured: set [glance]auth_url.');
  const any_project =
    ctx.job.args.by_admin === true && ctx.settings.DEFAULT.ignore_project_check_for_admin_tasks;
  try {
    return await glance.show(image_id, { any_project });
  } catch (error) {
    if (error instanceof NeighbourError)
      throw new StepFailure(
        error.status === 404
          ? `The image ${image_id} could not be found in Glance.`
          : `The image ${image_id} of Glance cannot be used: ${error.message}`,
        { cause: error },
      );
    throw error;
  }
}

/** `[agent]memory_consumed_by_agent` is 0 by default in Ironic; a raw image is streamed and needs no memory. */
function refuseTooLarge(node: NodeRecord, { size, disk_format }: GlanceImage): void {
  const memory_mb = Number(node.properties.memory_mb);
  if (!(memory_mb > 0) || size === null || disk_format === 'raw' || size <= memory_mb * 1024 ** 2) return;
  throw new StepFailure(
    `Memory size is too small for the requested image: it has ${Math.ceil(size / 1024 ** 2)} MiB, the server ${memory_mb} MiB. Use a raw image, which is streamed to the disk.`,
  );
}

/** Has the boot service give the image to whoever knows the token: the agent of this node. */
function serve(ctx: StepContext, info: JsonObject): void {
  const base = ctx.settings.deploy.http_url.replace(/\/+$/, '');
  if (base === '')
    throw new StepFailure(
      'Images of files and of Glance come from the boot service: set [deploy]http_url to its URL as the servers reach it.',
    );
  const token = randomBytes(24).toString('base64url');
  ctx.change({
    instance_info: { ...info, image_url: `${base}${deployImagePath(ctx.node.uuid, token)}` },
    driver_internal_info: {
      ...ctx.node.driver_internal_info,
      // What the instance_info names may be changed while the agent boots; what was looked at may not.
      deploy_image: { token, source: info.image_source ?? null },
    },
  });
}

/** What the agent is told to download. */
export function imageUrl({ instance_info: { image_url, image_source } }: NodeRecord): string {
  return String(image_url ?? image_source ?? '');
}

/**
 * Makes sure that the boot service has the image, so that its reason is told rather than the agent's.
 * @throws StepFailure
 */
export async function checkServed({ node, signal }: StepContext): Promise<void> {
  const { deploy_image } = node.driver_internal_info;
  if (deploy_image === undefined || typeof node.instance_info.image_url !== 'string') return;
  const what = `the image ${String(node.instance_info.image_source)}`;
  await checkUrl(node.instance_info.image_url, what, LOOK_S, signal);
}

/** Makes sure that the boot service has what it is to serve at a URL. @throws StepFailure */
export async function checkUrl(
  url: string,
  what: string,
  timeout_s: number,
  signal: AbortSignal,
): Promise<void> {
  const http = openJsonHttp({ cafile: '', timeout_s, connections: 1, most_bytes: 0 });
  try {
    const { status } = await http.request('HEAD', url);
    if (status >= 200 && status < 300) return;
    throw new StepFailure(`The boot service does not have ${what} (HTTP ${status}): its log says why.`);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof StepFailure) throw error;
    throw new StepFailure(
      `The boot service does not answer: it should serve ${what}. Check [deploy]http_url and the service.`,
      { cause: error },
    );
  } finally {
    await http.close();
  }
}

/** driver_internal_info without the way to an image that was written. */
export function withoutImage({ deploy_image: _, ...rest }: JsonObject): JsonObject {
  return rest;
}

/** A URL that Swift answers without a login, for a while (Swift: Temporary URL middleware). */
export function swiftTempUrl(glance: Settings['glance'], image_id: string, now_ms: number): string {
  const { swift_endpoint_url, swift_account, swift_temp_url_key, swift_container } = glance;
  const needed = { swift_endpoint_url, swift_account, swift_temp_url_key };
  const missing = Object.entries(needed).flatMap(([name, value]) => (value === '' ? [name] : []));
  if (missing.length > 0)
    throw new StepFailure(
      `Temporary URLs of Swift need ${missing.map((name) => `[glance]${name}`).join(', ')}.`,
    );
  const digits = glance.swift_store_multiple_containers_seed;
  const shard = digits === 0 ? '' : `_${partOf(image_id, digits)}`;
  const path = `/${glance.swift_api_version}/${swift_account}/${swift_container}${shard}/${image_id}`;
  const expires = Math.floor(now_ms / 1000) + glance.swift_temp_url_duration;
  const signature = createHmac('sha256', swift_temp_url_key).update(`GET\n${expires}\n${path}`).digest('hex');
  return `${swift_endpoint_url.replace(/\/+$/, '')}${path}?temp_url_sig=${signature}&temp_url_expires=${expires}`;
}

/** The first digits of an image's UUID, with the dashes between them, as Glance's Swift store names its containers. */
function partOf(image_id: string, digits: number): string {
  const dashes = image_id.slice(0, digits).split('-').length - 1;
  return image_id.slice(0, digits + dashes);
}
