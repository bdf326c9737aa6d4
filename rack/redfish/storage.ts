import type { Json, JsonObject } from '../../lifecycle/json.ts';
import type { Machine } from '../machine.ts';
import { type Area, booleanOf, notInList, type Outcome, objectOf, writeEach } from './area.ts';
import { collection, link, named } from './json.ts';
import { RedfishRefusal } from './redfish-error.ts';

export interface Drive {
  id: string;
  bytes: number;
  media: 'HDD' | 'SSD';
  protocol: 'SAS' | 'NVMe';
  /** Times that it erased itself. */
  erasures: number;
  /** Its lamp. */
  lit: boolean;
}

export interface Volume {
  id: string;
  type: string;
  bytes: number;
  name: string | null;
  drives: readonly string[];
}

/** Fewest drives of each type that the controller makes. */
const TYPES: Readonly<Record<string, number>> = { None: 1, RAID0: 1, RAID1: 2, RAID5: 3, RAID10: 4 };
const GIB = 1024 ** 3;

/** A RAID controller with four drives. */
export class Storage implements Area {
  readonly drives: readonly Drive[] = [1, 2, 3, 4].map((slot) => ({
    id: `Disk.${slot}`,
    bytes: 100 * GIB,
    media: slot <= 2 ? 'SSD' : 'HDD',
    protocol: slot <= 2 ? 'NVMe' : 'SAS',
    erasures: 0,
    lit: false,
  }));
  volumes: Volume[] = [];
  /** False: volumes change with the next boot only. */
  changes_at_once = true;
  readonly #machine: Machine;
  readonly #collection: string;
  readonly #path: string;
  /** What waits for a boot. */
  #waiting: (() => void)[] = [];
  #asked_at = 0;
  #next_id = 1;

  /** @param collection path of the collection that the controller is the only member of. */
  constructor(machine: Machine, collection: string) {
    this.#machine = machine;
    this.#collection = collection;
    this.#path = `${collection}/RAID.1`;
  }

  read(path: string): JsonObject | null {
    this.#settle();
    if (path === this.#collection) return collection(path, 'Storage', [this.#path]);
    const inside = path.startsWith(this.#path) ? path.slice(this.#path.length) : null;
    if (inside === '') return this.#self();
    if (inside === '/Volumes')
      return {
        ...collection(
          path,
          'Volume',
          this.volumes.map(({ id }) => `${path}/${id}`),
        ),
        ...this.#applyTimes(),
      };
    const drive = this.drives.find(({ id }) => inside === `/Drives/${id}`);
    if (drive !== undefined) return driveResource(path, this.#machine.identity.serial, drive);
    const volume = this.volumes.find(({ id }) => inside === `/Volumes/${id}`);
    return volume === undefined ? null : { ...this.#volume(path, volume), ...this.#applyTimes() };
  }

  write(path: string, body: JsonObject): Outcome | null {
    const drive = this.drives.find(({ id }) => path === `${this.#path}/Drives/${id}`);
    if (drive === undefined) return null;
    return writeEach(body, {
      LocationIndicatorActive: (value) => {
        drive.lit = booleanOf(value, 'LocationIndicatorActive');
      },
    });
  }

  act(path: string, body: JsonObject): Outcome | null {
    this.#settle();
    if (path === `${this.#path}/Volumes`) return this.#create(body);
    const drive = this.drives.find(
      ({ id }) => path === `${this.#path}/Drives/${id}/Actions/Drive.SecureErase`,
    );
    if (drive === undefined) return null;
    if (this.#taken().has(drive.id))
      throw new RedfishRefusal(409, 'ResourceInUse', `The drive ${drive.id} belongs to a volume.`);
    return {
      work: () => {
        drive.erasures += 1;
      },
    };
  }

  remove(path: string): Outcome | null {
    this.#settle();
    const volume = this.volumes.find(({ id }) => path === `${this.#path}/Volumes/${id}`);
    if (volume === undefined) return null;
    return this.#change(() => {
      this.volumes = this.volumes.filter((each) => each !== volume);
    });
  }

  #self(): JsonObject {
    return {
      ...named(this.#path, 'Storage.v1_13_0.Storage', 'RAID.1'),
      StorageControllers: [
        {
          '@odata.id': `${this.#path}#/StorageControllers/0`,
          MemberId: '0',
          Name: 'Virtual RAID controller',
          SupportedRAIDTypes: Object.keys(TYPES),
        },
      ],
      Drives: this.drives.map(({ id }) => link(`${this.#path}/Drives/${id}`)),
      Volumes: link(`${this.#path}/Volumes`),
      Status: { State: 'Enabled', Health: 'OK' },
    };
  }

  #volume(path: string, { id, type, bytes, name, drives }: Volume): JsonObject {
    return {
      ...named(path, 'Volume.v1_8_0.Volume', id),
      ...(name === null ? {} : { DisplayName: name }),
      RAIDType: type,
      CapacityBytes: bytes,
      Status: { State: 'Enabled', Health: 'OK' },
      Links: { Drives: drives.map((drive) => link(`${this.#path}/Drives/${drive}`)) },
    };
  }

  #applyTimes(): JsonObject {
    const SupportedValues = this.changes_at_once ? ['Immediate', 'OnReset'] : ['OnReset'];
    return { '@Redfish.OperationApplyTimeSupport': { SupportedValues } };
  }

  #create(body: JsonObject): Outcome {
    const { RAIDType, CapacityBytes, DisplayName } = body;
    const least = TYPES[String(RAIDType)];
    if (least === undefined) throw notInList(RAIDType ?? null, 'RAIDType');
    const links: Json = objectOf(body.Links ?? null, 'Links').Drives ?? [];
    const paths = Array.isArray(links) ? links.map((each) => objectOf(each, 'Drives')['@odata.id']) : [];
    const chosen = paths.map((path) => this.drives.find(({ id }) => path === `${this.#path}/Drives/${id}`));
    const drives = chosen.filter((drive) => drive !== undefined);
    if (drives.length !== paths.length || drives.length < least) throw notInList(links, 'Drives');
    const taken = this.#taken();
    const used = drives.find(({ id }) => taken.has(id));
    if (used !== undefined)
      throw new RedfishRefusal(409, 'ResourceInUse', `The drive ${used.id} belongs to a volume.`);
    const whole = Math.min(...drives.map(({ bytes }) => bytes));
    const volume: Volume = {
      id: `Volume.${this.#next_id++}`,
      type: String(RAIDType),
      bytes: typeof CapacityBytes === 'number' ? CapacityBytes : whole,
      name: typeof DisplayName === 'string' ? DisplayName : null,
      drives: drives.map(({ id }) => id),
    };
    const change = this.#change(() => {
      this.volumes.push(volume);
    });
    return { ...change, status: 201, headers: { location: `${this.#path}/Volumes/${volume.id}` } };
  }

  #change(work: () => void): Outcome {
    if (this.changes_at_once) return { work };
    this.#asked_at = this.#machine.boots;
    this.#waiting.push(work);
    return {};
  }

  #settle(): void {
    if (this.#machine.boots <= this.#asked_at) return;
    for (const work of this.#waiting.splice(0)) work();
  }

  #taken(): Set<string> {
    return new Set(this.volumes.flatMap(({ drives }) => drives));
  }
}

function driveResource(path: string, serial: string, { id, bytes, lit, media, protocol }: Drive): JsonObject {
  return {
    ...named(path, 'Drive.v1_17_0.Drive', id),
    MediaType: media,
    Protocol: protocol,
    CapacityBytes: bytes,
    Model: 'Virtual Drive',
    SerialNumber: `${serial}-${id}`,
    HotspareType: 'None',
    LocationIndicatorActive: lit,
    Status: { State: 'Enabled', Health: 'OK' },
    Actions: { '#Drive.SecureErase': { target: `${path}/Actions/Drive.SecureErase` } },
  };
}
