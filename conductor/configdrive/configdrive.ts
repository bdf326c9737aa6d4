import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { createIso, type IsoFile } from '../../iso/iso9660.ts';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';

/** What cloud-init and its like look for. */
const LABEL = 'config-2';
/** The versions of the metadata that every reader knows: the oldest and the newest. */
const VERSIONS = ['2012-08-10', 'latest'];

const compress = promisify(gzip);

/**
 * A config drive as the agent takes it: text (a URL, or base64 of a gzipped image) as it is; an object
 * `{meta_data, user_data, network_data, vendor_data}` is built into an image. null: there is none.
 *
 * @param at time of its files, in milliseconds since 1970.
 */
export async function configdriveFor(
  node: Pick<NodeRecord, 'uuid' | 'name'>,
  configdrive: Json | undefined,
  at: number,
): Promise<string | null> {
  if (typeof configdrive === 'string') return configdrive;
  if (typeof configdrive !== 'object' || configdrive === null || Array.isArray(configdrive)) return null;
  const image = createIso(LABEL, filesOf(node, configdrive), at);
  return (await compress(image)).toString('base64');
}

function filesOf(node: Pick<NodeRecord, 'uuid' | 'name'>, configdrive: JsonObject): IsoFile[] {
  const { meta_data, user_data, network_data, vendor_data } = configdrive;
  const given =
    typeof meta_data === 'object' && meta_data !== null && !Array.isArray(meta_data) ? meta_data : {};
  const contents: Record<string, Json | undefined> = {
    'meta_data.json': { uuid: node.uuid, ...(node.name === null ? {} : { name: node.name }), ...given },
    'network_data.json': network_data,
    'vendor_data2.json': vendor_data,
    user_data,
  };
  return Object.entries(contents).flatMap(([name, value]) => {
    if (isEmpty(value)) return [];
    const text = name === 'user_data' && typeof value === 'string' ? value : JSON.stringify(value);
    const content = Buffer.from(text, 'utf8');
    return VERSIONS.map((version) => ({ path: `openstack/${version}/${name}`, content }));
  });
}

function isEmpty(value: Json | undefined): boolean {
  if (!value) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
