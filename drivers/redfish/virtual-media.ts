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
  const ensure = async (
    call: Call,
    slot: Resource,
    image: string | null,
    ask: () => Promise<void>,
  ): Promise<void> => {
    try {
      await ask();
    } catch (error) {
      if (!(error instanceof DriverError) || error.code === 'unauthorized') throw error;
      call.signal.throwIfAborted();
      const held = await client.get(call, slot.path).then(imageOf, () => undefined);
      if (held !== image) throw error;
    }
  };

  /** iLO 4 refuses the whole change for Inserted (github.com/ansible-collections/community.general/issues/4595). */
  const patchImage = async (call: Call, slot: Resource, image: object, more: object): Promise<void> => {
    try {
      await client.patch(call, slot, { ...image, ...more });
    } catch (error) {
      if (!(error instanceof DriverError) || error.code !== 'rejected') throw error;
      await client.patch(call, slot, image);
    }
  };

  const eject = (call: Call, slot: Resource): Promise<void> =>
    ensure(call, slot, null, async () => {
      const action = actionIn(slot, 'VirtualMedia.EjectMedia', 'Image');
      // BMCs without the actions take the properties, DSP0268.
      if (action === null) await patchImage(call, slot, { Image: null }, { Inserted: false });
      else await client.post(call, action.target, {});
    });

  const insert = (call: Call, slot: Resource, image_url: string): Promise<void> => {
    const { Image, ...login } = imageWithLogin(image_url);
    return ensure(call, slot, Image, async () => {
      const body = { Image, Inserted: true, WriteProtected: true, ...login };
      const action = actionIn(slot, 'VirtualMedia.InsertMedia', 'Image');
      if (action === null)
        return patchImage(call, slot, { Image, ...login }, { Inserted: true, WriteProtected: true });
      try {
        await client.post(call, action.target, body);
      } catch (error) {
        // Some want told what they could see themselves; others refuse to be told: sushy asks in this order too.
        if (!(error instanceof DriverError) || !/TransferProtocolType|TransferMethod/.test(error.message))
          throw error;
        await client.post(call, action.target, { ...body, ...transferOf(Image) });
      }
    });
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
        if (isInserted(slot)) await eject(call, slot);
        await insert(call, slot, image_url);
      }),
    detach: (device_types, options) =>
      client.within(options, async (call) => {
        for (const slot of await slots(call))
          if (isInserted(slot) && (device_types?.some((device) => takes(slot, device)) ?? true))
            await eject(call, slot);
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

/** Credentials in a URL are told apart from it: an image's URL is shown to whoever may read the slot. */
function imageWithLogin(image_url: string): { Image: string; UserName?: string; Password?: string } {
  if (!URL.canParse(image_url)) return { Image: image_url };
  const url = new URL(image_url);
  const { username, password } = url;
  if (username === '') return { Image: image_url };
  url.username = '';
  url.password = '';
  return { Image: url.href, UserName: decodeURIComponent(username), Password: decodeURIComponent(password) };
}

const PROTOCOLS: Readonly<Record<string, string>> = {
  'http:': 'HTTP',
  'https:': 'HTTPS',
  'nfs:': 'NFS',
  'cifs:': 'CIFS',
  'smb:': 'CIFS',
};

function transferOf(image: string): object {
  const protocol = URL.canParse(image) ? PROTOCOLS[new URL(image).protocol] : undefined;
  return { ...(protocol === undefined ? {} : { TransferProtocolType: protocol }), TransferMethod: 'Stream' };
}
