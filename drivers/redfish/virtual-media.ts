import type { VirtualMediaDevice } from '../../lifecycle/virtual-media.ts';
import { DriverError, type VirtualMediaControl } from '../contract.ts';
import type { Call } from './call.ts';
import { actionIn, booleanIn, linkIn, type Resource, textIn, textsIn } from './resources.ts';
import type { System } from './system.ts';

/** VirtualMedia.MediaType of each device, the best first. */
const MEDIA_TYPES = {
  cdrom: ['CD', 'DVD'],
  floppy: ['Floppy'],
  disk: ['USBStick'],
} as const satisfies Record<VirtualMediaDevice, readonly string[]>;

/** The virtual media of the system, or of its managers on BMCs of before 2021. */
export function redfishVirtualMedia(system: System): VirtualMediaControl {
  const { client } = system;

  const slots = async (call: Call): Promise<Resource[]> => {
    const resource = await system.read(call);
    const own = linkIn(resource.body, 'VirtualMedia');
    if (own !== null) return await system.members(call, own);
    const found: Resource[] = [];
    for (const { body } of await system.linked(call, resource, 'ManagedBy'))
      found.push(...(await system.members(call, linkIn(body, 'VirtualMedia'))));
    return found;
  };

  /** A refusal or a lost answer is no failure when the slot holds what it should. */
  const ensure = async (call: Call, slot: Resource, image: string | null): Promise<void> => {
    const change =
      image === null
        ? { Image: null, Inserted: false }
        : { Image: image, Inserted: true, WriteProtected: true };
    const name = image === null ? 'VirtualMedia.EjectMedia' : 'VirtualMedia.InsertMedia';
    const action = actionIn(slot, name, 'Image');
    try {
      // BMCs without the actions take the properties, DSP0268.
      if (action === null) await client.patch(call, slot, change);
      else await client.post(call, action.target, image === null ? {} : change);
    } catch (error) {
      if (!(error instanceof DriverError) || error.code === 'unauthorized') throw error;
      call.signal.throwIfAborted();
      const held = await client.get(call, slot.path).then(imageOf, () => undefined);
      if (held !== image) throw error;
    }
  };

  return {
    list: (options) =>
      client.within(options, async (call) =>
        (await slots(call)).map((slot) => ({
          media_types: mediaTypes(slot),
          inserted: isInserted(slot),
          image: imageOf(slot),
        })),
      ),
    attach: (device_type, image_url, options) =>
      client.within(options, async (call) => {
        const slot = (await slots(call)).find((each) => takes(each, device_type));
        if (slot === undefined)
          throw new DriverError('unsupported', `${client.name}: The BMC has no virtual ${device_type}.`);
        if (isInserted(slot)) await ensure(call, slot, null);
        await ensure(call, slot, image_url);
      }),
    detach: (device_types, options) =>
      client.within(options, async (call) => {
        for (const slot of await slots(call))
          if (isInserted(slot) && (device_types?.some((device) => takes(slot, device)) ?? true))
            await ensure(call, slot, null);
      }),
  };
}

function mediaTypes({ body }: Resource): readonly string[] {
  return textsIn(body, 'MediaTypes') ?? [];
}

function takes(slot: Resource, device: VirtualMediaDevice): boolean {
  const types = mediaTypes(slot);
  return MEDIA_TYPES[device].some((each) => types.includes(each));
}

/** BMCs that have no Inserted are judged by their image. */
function isInserted({ body }: Resource): boolean {
  return booleanIn(body, 'Inserted') ?? (textIn(body, 'Image') ?? '') !== '';
}

function imageOf(slot: Resource): string | null {
  return isInserted(slot) ? textIn(slot.body, 'Image') : null;
}
