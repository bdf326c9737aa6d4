import type { Call } from './call.ts';
import { arrayIn, isObject, linkIn, linksIn, objectIn, type Resource, textIn } from './resources.ts';
import type { System } from './system.ts';

/** Bytes of SHA-256, SHA-384 and SHA-512. */
const DIGEST_BYTES: ReadonlySet<number> = new Set([32, 48, 64]);
/** Type and size before the value of a measurement, DSP0274 10.11.1. */
const HEAD_BYTES = 3;

/** What a part runs, as the BMC has measured it; hexadecimal. */
interface Measured {
  /** Of the part. */
  path: string;
  /** That it is of; null: of whatever runs. */
  version: string | null;
  digest: string;
}

/**
 * Digests of the images that parts run. From ComponentIntegrity (SPDM measurements of mutable firmware), or else from SoftwareInventory's
 * Measurement, which that replaced (DSP0268). A part that is in neither is not measured: nobody knows what it runs but for its version.
 */
export async function measurements(system: System, call: Call): Promise<Measured[]> {
  const root = await system.client.root(call);
  const found: Measured[] = [];
  for (const { body } of await system.members(call, linkIn(root.body, 'ComponentIntegrity'))) {
    const digest = spdmDigest(body);
    if (digest === null) continue;
    // A root of trust of its own measures what it protects.
    const paths = linksIn(objectIn(body, 'Links') ?? {}, 'ComponentsProtected');
    for (const path of [textIn(body, 'TargetComponentURI'), ...paths])
      if (path !== null) found.push({ path, version: null, digest });
  }
  return [...found, ...(await inventoried(system, call, root))];
}

async function inventoried(system: System, call: Call, root: Resource): Promise<Measured[]> {
  const { client } = system;
  const link = linkIn(root.body, 'UpdateService');
  const inventory = link === null ? null : linkIn((await client.get(call, link)).body, 'FirmwareInventory');
  const items = await system.members(call, inventory);
  return items.flatMap(({ body }) => {
    const measurement = textIn(objectIn(body, 'Measurement') ?? {}, 'Measurement');
    const digest = measurement === null ? null : digestIn(Buffer.from(measurement, 'hex'));
    if (digest === null) return [];
    return linksIn(body, 'RelatedItem').map((path) => ({ path, version: textIn(body, 'Version'), digest }));
  });
}

function spdmDigest(integrity: object): string | null {
  if (textIn(integrity, 'ComponentIntegrityType') !== 'SPDM') return null;
  const set = objectIn(objectIn(integrity, 'SPDM') ?? {}, 'MeasurementSet') ?? {};
  const firmware = arrayIn(set, 'Measurements')
    .filter(isObject)
    .find((each) => textIn(each, 'MeasurementType') === 'MutableFirmware');
  const measurement = firmware === undefined ? null : textIn(firmware, 'Measurement');
  return measurement === null ? null : digestIn(Buffer.from(measurement, 'base64'));
}

/** With or without the head of DMTF's format; null: it is no digest. */
function digestIn(bytes: Buffer): string | null {
  if (DIGEST_BYTES.has(bytes.length)) return bytes.toString('hex');
  const value = bytes.subarray(HEAD_BYTES);
  const whole = bytes.length > HEAD_BYTES && bytes.readUInt16LE(1) === value.length;
  return whole && DIGEST_BYTES.has(value.length) ? value.toString('hex') : null;
}
