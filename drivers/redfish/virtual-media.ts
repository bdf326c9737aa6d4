import type { VirtualMediaDevice } from '../../lifecycle/virtual-media.ts';
import { DriverError, type VirtualMediaControl } from '../contract.ts';
import type { Call } from './call.ts';
import { onlySlot } from './idrac.ts';
import { Refusal } from './message.ts';
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
    const own = await system.members(call, linkIn(resource.body, 'VirtualMedia'));
    if (own.length > 0) return own;
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
      const action = actionIn(slot, 'VirtualMedia.InsertMedia', 'Image');
      if (action === null)
        return patchImage(call, slot, { Image, ...login }, { Inserted: true, WriteProtected: true });
      // Inserted and protected from writing is what is meant where nothing is said (DSP0268): Supermicro X11 and X12 refuse to be told.
      await postAsWanted(client, call, action.target, { Image, ...login });
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
        const only = await onlySlot(system, call, await system.read(call));
        const usable = (await slots(call)).filter(
          (each) => takes(each, device_type) && (only === null || textIn(each.body, 'Id') === only),
        );
        if (usable.length === 0)
          throw new DriverError('unsupported', `${client.name}: The BMC has no virtual ${device_type}.`);
        // What is in another slot of the kind might be booted instead.
        for (const slot of usable) if (isInserted(slot)) await eject(call, slot);
        let refused: unknown;
        for (const slot of usable)
          try {
            return await insert(call, slot, image_url);
          } catch (error) {
            // Some slots are for the BMC's own viewer only, and look as the others (Cisco UCS; ironic, redfish/boot.py).
            if (!isOfTheSlot(error)) throw error;
            refused ??= error;
          }
        throw refused;
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

/** Whether another slot may take what this one refused. */
function isOfTheSlot(error: unknown): boolean {
  return error instanceof DriverError && (error.code === 'rejected' || error.code === 'unsupported');
}

/** Between attempts of a BMC that is not done with ejecting. */
const PAUSE_MS = 1000;
const MOST_ATTEMPTS = 10;

/**
 * Inserts, and tells what a BMC says that it misses: the protocol, the method, or credentials (NVIDIA DGX wants some, where there are
 * none). Others refuse to be told: so asks sushy (resources/manager/virtual_media.py). iDRACs break down while they still eject
 * (ironic's story 2008504).
 */
async function postAsWanted(
  client: System['client'],
  call: Call,
  target: string,
  wished: { Image: string; UserName?: string },
): Promise<void> {
  let body: Record<string, unknown> = wished;
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await client.post(call, target, body);
    } catch (error) {
      if (!(error instanceof Refusal) || attempts === MOST_ATTEMPTS) throw error;
      const missing = Object.entries(MISSING).find(
        ([name, { said }]) => said.test(error.message) && !(name in body),
      );
      if (missing !== undefined) body = { ...body, ...missing[1].more(wished.Image) };
      else if (error.status < 500 || PAUSE_MS >= call.left_ms) throw error;
      else await call.sleep(PAUSE_MS);
    }
  }
}

const MISSING: Readonly<Record<string, { said: RegExp; more(image: string): object }>> = {
  TransferProtocolType: { said: /TransferProtocolType/, more: protocolOf },
  TransferMethod: { said: /TransferMethod/, more: () => ({ TransferMethod: 'Stream' }) },
  UserName: {
    said: /requires the parameter (UserName|Password)/,
    more: () => ({ UserName: 'none', Password: 'none' }),
  },
};

const PROTOCOLS: Readonly<Record<string, string>> = {
  'http:': 'HTTP',
  'https:': 'HTTPS',
  'nfs:': 'NFS',
  'cifs:': 'CIFS',
  'smb:': 'CIFS',
};

function protocolOf(image: string): object {
  const protocol = URL.canParse(image) ? PROTOCOLS[new URL(image).protocol] : undefined;
  return protocol === undefined ? {} : { TransferProtocolType: protocol };
}
