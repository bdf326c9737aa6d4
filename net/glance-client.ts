import type { Json, JsonObject } from '../lifecycle/json.ts';
import { type Download, member, NeighbourError, type ServiceSession } from './service-session.ts';

/** An image of Glance, as far as a deployment needs to know it (Image API v2, GET /v2/images/{id}). */
export interface GlanceImage {
  id: string;
  size: number | null;
  disk_format: string | null;
  container_format: string | null;
  /** MD5; null where Glance keeps none. */
  checksum: string | null;
  os_hash_algo: string | null;
  os_hash_value: string | null;
  tags: string[];
  /** Everything else that the image says of itself, such as kernel_id. */
  properties: JsonObject;
}

/** What is asked of Glance. */
export interface GlanceClient {
  /**
   * An image that the service may deploy: public, of the community, the service's own, or shared with its project.
   * @param options.any_project the one who deploys is an admin: images of other projects too, as far as Glance shows them.
   * @throws NeighbourError (404: there is none, or none that may be used)
   */
  show(image_id: string, options: { any_project: boolean }): Promise<GlanceImage>;
  /** The bytes of an image, from the service that has them. `range`: the header Range. @throws NeighbourError */
  download(image_id: string, range: string | undefined, signal: AbortSignal): Promise<Download>;
}

/** Members of an image that are said elsewhere, or of no use. */
const KNOWN = new Set([
  ...['id', 'size', 'disk_format', 'container_format', 'checksum', 'os_hash_algo', 'os_hash_value', 'tags'],
  ...[
    'status',
    'visibility',
    'owner',
    'name',
    'created_at',
    'updated_at',
    'min_disk',
    'min_ram',
    'protected',
  ],
  ...['file', 'schema', 'self', 'locations', 'direct_url', 'virtual_size', 'os_hidden', 'stores'],
]);

export function createGlanceClient(
  session: Pick<ServiceSession, 'request' | 'access' | 'download'>,
): GlanceClient {
  async function mayUse(image: Json, any_project: boolean): Promise<boolean> {
    const visibility = member(image, 'visibility');
    if (any_project || visibility === 'public' || visibility === 'community') return true;
    const { project_id } = await session.access();
    if (visibility === 'private') return project_id !== null && member(image, 'owner') === project_id;
    if (visibility !== 'shared') return false;
    if (project_id !== null && member(image, 'owner') === project_id) return true;
    const members = member(await session.request('GET', `${pathOf(image)}/members`), 'members');
    return Array.isArray(members) && members.some((one) => member(one, 'member_id') === project_id);
  }

  return {
    async show(image_id, { any_project }) {
      const image = await session.request('GET', `/v2/images/${encodeURIComponent(image_id)}`);
      const status = member(image, 'status');
      if (status !== 'active')
        throw new NeighbourError(
          `The image ${image_id} of Glance is ${String(status)}: it has to be active.`,
          409,
        );
      if (!(await mayUse(image, any_project)))
        throw new NeighbourError(`The image ${image_id} could not be found.`, 404);
      return factsOf(image as JsonObject);
    },
    download: (image_id, range, signal) =>
      session.download(
        `/v2/images/${encodeURIComponent(image_id)}/file`,
        range === undefined ? {} : { range },
        signal,
      ),
  };
}

function pathOf(image: Json): string {
  return `/v2/images/${encodeURIComponent(String(member(image, 'id')))}`;
}

function factsOf(image: JsonObject): GlanceImage {
  const text = (name: string) => (typeof image[name] === 'string' ? image[name] : null);
  return {
    id: String(image.id),
    size: typeof image.size === 'number' ? image.size : null,
    disk_format: text('disk_format'),
    container_format: text('container_format'),
    checksum: text('checksum'),
    os_hash_algo: text('os_hash_algo'),
    os_hash_value: text('os_hash_value'),
    tags: Array.isArray(image.tags) ? image.tags.map(String) : [],
    properties: Object.fromEntries(
      Object.entries(image).filter(([name, value]) => !KNOWN.has(name) && value !== null),
    ),
  };
}
