import { createHash } from 'node:crypto';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import type { Machine } from '../machine.ts';
import { type Area, notInList, type Outcome, textOf, writeEach } from './area.ts';
import { collection, link, named } from './json.ts';
import { PATHS } from './paths.ts';
import { RedfishRefusal } from './redfish-error.ts';

const SERVICE = '/redfish/v1/UpdateService';
const INVENTORY = `${SERVICE}/FirmwareInventory`;
const PUSH = '/upload/firmware';
const BARE_PUSH = '/upload/bare';

export type Component = 'bios' | 'bmc' | 'nic:Slot-1';
const COMPONENTS: Readonly<Record<string, Component>> = {
  BIOS: 'bios',
  BMC: 'bmc',
  'NIC-Slot-1': 'nic:Slot-1',
};

const RELATED: Readonly<Record<Component, string>> = {
  bios: PATHS.system,
  bmc: PATHS.manager,
  'nic:Slot-1': `${PATHS.chassis}/NetworkAdapters/Slot-1`,
};

/** Of a digest of mutable firmware with 32 bytes (DSP0274 10.11.1). */
const MEASUREMENT_HEAD = '012000';

/** SHA-256 of the image that a component runs, hexadecimal. */
export function imageDigest(component: Component, version: string): string {
  return createHash('sha256').update(`${component}-${version}`).digest('hex');
}

/** Firmware of a virtual server. An image says in its name, or a pushed one in its text, what it is: `bmc-2.0.0`. */
export class UpdateService implements Area {
  readonly versions: Record<Component, string> = { bios: '1.0.0', bmc: '1.0.0', 'nic:Slot-1': '1.0.0' };
  /** URLs that it was asked to fetch, and texts that were pushed. */
  readonly images: string[] = [];
  /** Protocols that it fetches with; empty: it does not fetch. */
  fetches: readonly string[] = ['HTTP', 'HTTPS'];
  takes_pushes = true;
  /** Where it says that it takes them. */
  push_uri = PUSH;
  /** It takes bare images, as before 2020; with `targets`, told before. */
  takes_bare_pushes = false;
  /** What was asked for last with Targets. */
  targets: unknown = null;
  readonly #machine: Machine;
  readonly #restart: () => void;
  #push_targets: Json = [];
  #next_bios: { version: string; asked_at: number } | null = null;

  /** @param restart what the BMC does when it has new firmware. */
  constructor(machine: Machine, restart: () => void) {
    this.#machine = machine;
    this.#restart = restart;
  }

  /** The BIOS takes a new image on with a boot. */
  version(component: Component): string {
    if (this.#next_bios !== null && this.#machine.boots > this.#next_bios.asked_at) {
      this.versions.bios = this.#next_bios.version;
      this.#next_bios = null;
    }
    return this.versions[component];
  }

  read(path: string): JsonObject | null {
    if (path === SERVICE) return this.#self();
    if (path === INVENTORY)
      return collection(
        path,
        'SoftwareInventory',
        Object.keys(COMPONENTS).map((id) => `${path}/${id}`),
      );
    const id = path.startsWith(`${INVENTORY}/`) ? path.slice(INVENTORY.length + 1) : '';
    const component = COMPONENTS[id];
    if (component === undefined) return null;
    const version = this.version(component);
    return {
      ...named(path, 'SoftwareInventory.v1_10_0.SoftwareInventory', id),
      Version: version,
      Measurement: {
        MeasurementSpecification: 1,
        Measurement: MEASUREMENT_HEAD + imageDigest(component, version),
      },
      RelatedItem: [link(RELATED[component])],
      Updateable: true,
      Status: { State: 'Enabled', Health: 'OK' },
    };
  }

  write(path: string, body: JsonObject): Outcome | null {
    if (path !== SERVICE || !this.takes_bare_pushes) return null;
    return writeEach(body, {
      HttpPushUriTargets: (value) => {
        this.#push_targets = value;
      },
    });
  }

  act(path: string, body: JsonObject): Outcome | null {
    if (path === `${SERVICE}/Actions/UpdateService.SimpleUpdate`) {
      const { TransferProtocol } = body;
      if (TransferProtocol !== undefined && !this.fetches.includes(String(TransferProtocol)))
        throw notInList(TransferProtocol, 'TransferProtocol');
      return this.#update(textOf(body.ImageURI, 'ImageURI'), body.Targets);
    }
    if (path === BARE_PUSH) return this.#update(textOf(body.image, 'image'), this.#push_targets);
    if (path !== PUSH) return null;
    const parameters: unknown = JSON.parse(textOf(body.UpdateParameters, 'UpdateParameters'));
    const { Targets } = parameters as JsonObject;
    return this.#update(textOf(body.UpdateFile, 'UpdateFile'), Targets);
  }

  #self(): JsonObject {
    return {
      ...named(SERVICE, 'UpdateService.v1_14_0.UpdateService', 'UpdateService'),
      ServiceEnabled: true,
      FirmwareInventory: link(INVENTORY),
      ...(this.takes_pushes ? { MultipartHttpPushUri: this.push_uri } : {}),
      ...(this.takes_bare_pushes ? { HttpPushUri: BARE_PUSH, HttpPushUriTargets: this.#push_targets } : {}),
      Actions:
        this.fetches.length === 0
          ? {}
          : {
              '#UpdateService.SimpleUpdate': {
                target: `${SERVICE}/Actions/UpdateService.SimpleUpdate`,
                'TransferProtocol@Redfish.AllowableValues': [...this.fetches],
              },
            },
    };
  }

  #update(image: string, targets: unknown): Outcome {
    this.images.push(image);
    this.targets = targets ?? null;
    const [, word, version] = /(bios|bmc|nic)-(\d+(?:\.\d+)+)/.exec(image) ?? [];
    if (version === undefined)
      throw new RedfishRefusal(400, 'InvalidObject', 'The image is for another server.');
    return {
      takes_a_while: true,
      work: () => {
        if (word === 'bios') this.#next_bios = { version, asked_at: this.#machine.boots };
        else this.versions[word === 'bmc' ? 'bmc' : 'nic:Slot-1'] = version;
        if (word === 'bmc') this.#restart();
      },
    };
  }
}
