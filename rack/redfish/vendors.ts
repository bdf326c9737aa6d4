import type { Json, JsonObject } from '../../lifecycle/json.ts';
import { type Area, objectOf } from './area.ts';
import { link, named } from './json.ts';
import { PATHS } from './paths.ts';
import { changeBoot } from './redfish-changes.ts';
import { RedfishRefusal } from './redfish-error.ts';
import { type MediaSlot, mediaSlot, type RedfishState } from './redfish-state.ts';

/** A request as a vendor's firmware sees it. */
export interface VendorRequest {
  method: string;
  path: string;
  body: JsonObject;
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** How the BMCs of one maker differ from the standard; with the sources of drivers/redfish/quirks.ts. */
export interface Vendor {
  manufacturer: string;
  product_name: string;
  manager?: { model: string; version: string };
  media?: readonly MediaSlot[];
  /** What it has beyond the standard, or instead of it. */
  area?: Area;
  /** @throws RedfishRefusal for what it does not take */
  refuse?(request: VendorRequest): void;
  shows?(path: string, resource: JsonObject): JsonObject;
}

const INSERT = '/Actions/VirtualMedia.InsertMedia';

/** As vendors' firmware does for a while: refuses so many times. */
function forAWhile(times: number, refusal: () => RedfishRefusal): () => void {
  let left = times;
  return () => {
    left -= 1;
    if (left >= 0) throw refusal();
  };
}

function bootIn({ method, path, body }: VendorRequest): JsonObject | null {
  return method === 'PATCH' && path === PATHS.system && body.Boot !== undefined
    ? objectOf(body.Boot, 'Boot')
    : null;
}

function withBoot(resource: JsonObject, more: JsonObject): JsonObject {
  return { ...resource, Boot: { ...objectOf(resource.Boot ?? null, 'Boot'), ...more } };
}

/** The boot override where one of its targets is called otherwise, or leads elsewhere. */
function renamedTargets(state: RedfishState, targets: Readonly<Record<string, string>>): Area {
  return {
    read: () => null,
    write: (path, body) => {
      if (path !== PATHS.system || body.Boot === undefined) return null;
      const boot = objectOf(body.Boot, 'Boot');
      const asked = String(boot.BootSourceOverrideTarget ?? '');
      const target = targets[asked];
      changeBoot(state, target === undefined ? boot : { ...boot, BootSourceOverrideTarget: target });
      return {};
    },
  };
}

/** MegaRAC: the override is changed in a settings resource, whole, and by who says If-Match. */
function ami(state: RedfishState): Vendor {
  const settings = `${PATHS.system}/SD`;
  const whole = ['BootSourceOverrideTarget', 'BootSourceOverrideEnabled', 'BootSourceOverrideMode'];
  return {
    ...{ manufacturer: 'American Megatrends International', product_name: 'OCP Tioga Pass' },
    area: {
      read: (path) =>
        path === settings
          ? {
              ...named(settings, 'ComputerSystem.v1_8_0.ComputerSystem', 'SD'),
              Boot: Object.fromEntries(whole.map((name): [string, Json] => [name, ''])),
            }
          : null,
      write: (path, body) => {
        if (path !== settings) return null;
        const boot = objectOf(body.Boot ?? null, 'Boot');
        const missing = whole.find((name) => boot[name] === undefined);
        if (missing !== undefined)
          throw new RedfishRefusal(400, 'PropertyMissing', `The property ${missing} is needed.`);
        changeBoot(state, boot);
        return {};
      },
    },
    refuse: (request) => {
      if (bootIn(request) !== null)
        throw new RedfishRefusal(
          400,
          'Ami.1.0.OperationSupportedInFutureStateURI',
          `It has moved to ${settings}.`,
        );
      if (request.method === 'PATCH' && request.headers['if-match'] === undefined)
        throw new RedfishRefusal(428, 'Ami.1.0.PreconditionHeaderMissing', 'If-Match is missing.');
    },
    shows: (path, resource) =>
      path === PATHS.system
        ? { ...resource, '@Redfish.Settings': { SettingsObject: link(settings) } }
        : resource,
  };
}

/** Virtual CDs are USB ones; the mode falls back when it is not named; a licence is wanted for secure boot. */
function supermicro(state: RedfishState): Vendor {
  return {
    ...{ manufacturer: 'Supermicro', product_name: 'SYS-121H-TNR' },
    // The CD is a drive in the server, which has none: the next thing is booted.
    area: renamedTargets(state, { UsbCd: 'Cd', Cd: 'Hdd' }),
    refuse: (request) => {
      const boot = bootIn(request);
      if (boot !== null && boot.BootSourceOverrideMode === undefined) state.setBootMode('bios');
      if (request.path === `${PATHS.system}/SecureBoot`)
        throw new RedfishRefusal(403, 'SMC.1.0.OemLicenseNotPassed', 'Not licensed to perform this request.');
      if (request.path.endsWith(INSERT) && ('Inserted' in request.body || 'WriteProtected' in request.body))
        throw new RedfishRefusal(400, 'PropertyUnknown', 'The property Inserted is not known.');
    },
    shows: (path, resource) => {
      if (path !== PATHS.system) return resource;
      const boot = objectOf(resource.Boot ?? null, 'Boot');
      const allowed = boot['BootSourceOverrideTarget@Redfish.AllowableValues'] as string[];
      const usb = boot.BootSourceOverrideTarget === 'Cd' ? { BootSourceOverrideTarget: 'UsbCd' } : {};
      return withBoot(resource, {
        ...usb,
        'BootSourceOverrideTarget@Redfish.AllowableValues': [...allowed, 'UsbCd'],
      });
    },
  };
}

/** Changes wait for the end of the self-test; the mode is not to be written; overrides are for one boot. */
function ilo(_state: RedfishState): Vendor {
  const inPost = forAWhile(
    2,
    () =>
      new RedfishRefusal(400, 'iLO.2.14.UnableToModifyDuringSystemPOST', 'The server is in its self-test.'),
  );
  return {
    ...{ manufacturer: 'HPE', product_name: 'ProLiant DL380 Gen10 Plus' },
    refuse: (request) => {
      const { method, path, headers } = request;
      const boot = bootIn(request);
      if (boot !== null) inPost();
      if (boot?.BootSourceOverrideMode !== undefined)
        throw new RedfishRefusal(400, 'iLO.2.14.PropertyNotWritableOrUnknown', 'The mode is read-only.');
      if (boot?.BootSourceOverrideEnabled === 'Continuous')
        throw new RedfishRefusal(400, 'PropertyValueNotInList', 'Continuous is not in the list.');
      if (method === 'GET' && path.includes('/Registries/') && headers['accept-encoding'] === 'identity')
        throw new RedfishRefusal(406, 'iLO.2.14.HeaderInvalid', 'It is there compressed only.');
    },
  };
}

const JOB_SERVICE = `${PATHS.manager}/Oem/Dell/DellJobService`;
const DELETE_JOBS = `${JOB_SERVICE}/Actions/DellJobService.DeleteJobQueue`;

/** Dell's service for the jobs of an iDRAC, here with none that waits. */
const dellJobs: Area & Required<Pick<Area, 'act'>> = {
  read: (path) =>
    path === JOB_SERVICE
      ? {
          ...named(JOB_SERVICE, 'DellJobService.v1_2_0.DellJobService', 'DellJobService'),
          Actions: { '#DellJobService.DeleteJobQueue': { target: DELETE_JOBS } },
        }
      : null,
  act: (path, body) => {
    if (path !== DELETE_JOBS) return null;
    if (typeof body.JobID !== 'string')
      throw new RedfishRefusal(400, 'ActionParameterMissing', 'The parameter JobID is missing.');
    return {};
  },
};

function withDellJobs(path: string, resource: JsonObject): JsonObject {
  if (path !== PATHS.manager) return resource;
  const links = objectOf(resource.Links ?? {}, 'Links');
  return { ...resource, Links: { ...links, Oem: { Dell: { DellJobService: link(JOB_SERVICE) } } } };
}

/** Before firmware 6 the override leads to a CD drive in the server: the virtual one is booted by an import of configuration. */
function idrac9(state: RedfishState): Vendor {
  const target = `${PATHS.manager}/Actions/Oem/EID_674_Manager.ImportSystemConfiguration`;
  const notReady = forAWhile(1, () => new RedfishRefusal(400, 'IDRAC.2.5.SYS518', 'iDRAC is not ready.'));
  const ejecting = forAWhile(
    1,
    () => new RedfishRefusal(500, 'IDRAC.2.5.VRM0021', 'Virtual media is detaching.'),
  );
  return {
    ...{ manufacturer: 'Dell Inc.', product_name: 'PowerEdge R640' },
    manager: { model: '14G Monolithic', version: '5.10.50.00' },
    area: {
      ...renamedTargets(state, { Cd: 'Hdd' }),
      read: dellJobs.read,
      act: (path, body) => {
        if (path !== target) return dellJobs.act(path, body);
        const text = String(body.ImportBuffer);
        const value = (name: string) =>
          new RegExp(`<Attribute Name="ServerBoot.1#${name}">(\\w+-?\\w*)</Attribute>`).exec(text)?.[1];
        if (value('FirstBootDevice') !== 'VCD-DVD' || />\s+</.test(text))
          throw new RedfishRefusal(400, 'IDRAC.2.5.SYS405', 'The configuration cannot be read.');
        return {
          takes_a_while: true,
          work: () => state.setBoot('cdrom', value('BootOnce') === 'Disabled'),
        };
      },
    },
    refuse: ({ method, path }) => {
      if (method !== 'GET' && path !== PATHS.sessions) notReady();
      if (path.endsWith(INSERT)) ejecting();
    },
    shows: (path, resource) =>
      path === PATHS.manager
        ? {
            ...withDellJobs(path, resource),
            Actions: {
              ...objectOf(resource.Actions ?? null, 'Actions'),
              Oem: { '#OemManager.ImportSystemConfiguration': { target } },
            },
          }
        : resource,
  };
}

/** Only its first slot takes images; it takes `On` a while after it was switched off. */
function idrac10(state: RedfishState): Vendor {
  const settling = forAWhile(
    1,
    () => new RedfishRefusal(409, 'ActionParameterValueConflict', 'On is in conflict with the state.'),
  );
  return {
    ...{ manufacturer: 'Dell Inc.', product_name: 'PowerEdge R770' },
    manager: { model: '17G Monolithic', version: '1.20.50.50' },
    area: dellJobs,
    shows: withDellJobs,
    media: [mediaSlot('2', ['CD', 'DVD', 'USBStick']), mediaSlot('1', ['CD', 'DVD', 'USBStick'])],
    refuse: ({ path, body }) => {
      if (path.endsWith('/ComputerSystem.Reset') && body.ResetType === 'On' && state.machine.power === 'off')
        settling();
      if (path.endsWith('/ComputerSystem.Reset') && body.ResetType === 'ForceOn')
        throw new RedfishRefusal(400, 'ActionParameterNotSupported', 'ForceOn is not supported.');
      if (path.endsWith(`/VirtualMedia/2${INSERT}`))
        throw new RedfishRefusal(503, 'ServiceTemporarilyUnavailable', 'The slot cannot be used.');
    },
  };
}

/** One of its slots is for its own viewer; the other one is for DVDs, by name. */
function cisco(_state: RedfishState): Vendor {
  return {
    ...{ manufacturer: 'Cisco Systems Inc', product_name: 'UCSX-210C-M7' },
    media: [mediaSlot('vkvm', ['CD', 'DVD']), mediaSlot('mapped', ['DVD'])],
    refuse: ({ path }) => {
      if (path.endsWith(`/VirtualMedia/vkvm${INSERT}`))
        throw new RedfishRefusal(400, 'GeneralError', 'The device is used by the virtual KVM.');
    },
  };
}

/** Images are fetched with credentials only. */
function nvidia(_state: RedfishState): Vendor {
  return {
    ...{ manufacturer: 'NVIDIA', product_name: 'DGX H100' },
    refuse: ({ path, body }) => {
      for (const name of ['TransferProtocolType', 'UserName', 'Password'])
        if (path.endsWith(INSERT) && body[name] === undefined)
          throw new RedfishRefusal(
            400,
            'ActionParameterMissing',
            `The action requires the parameter ${name}.`,
          );
    },
  };
}

export const VENDORS = { ami, supermicro, ilo, idrac9, idrac10, cisco, nvidia } as const;
export type VendorName = keyof typeof VENDORS;
