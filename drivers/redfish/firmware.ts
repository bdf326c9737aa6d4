import {
  type BmcTask,
  DriverError,
  type FirmwareComponent,
  type FirmwareReader,
  type FirmwareUpdater,
} from '../contract.ts';
import type { Call } from './call.ts';
import { measurements } from './firmware-digest.ts';
import { ConnectionError } from './http.ts';
import { fetchImage } from './image.ts';
import { Refusal } from './message.ts';
import { plainBody, pushBody } from './multipart.ts';
import { quirksOf } from './quirks.ts';
import {
  actionIn,
  arrayIn,
  isObject,
  linkIn,
  objectIn,
  type Resource,
  required,
  textIn,
  textsIn,
} from './resources.ts';
import type { System } from './system.ts';

interface Part extends FirmwareComponent {
  /** The resource that runs it. */
  path: string;
}

/** The BIOS, the BMC and the network adapters: Ironic's names (ironic/drivers/modules/redfish/firmware.py). */
async function partsOf(
  system: System,
  call: Call,
  resource: Resource,
  managers: readonly Resource[],
): Promise<Part[]> {
  const found: Part[] = [];
  const add = (component: string, { path, body }: Resource, current_version: string | null): void => {
    if (current_version === null || current_version === '') return;
    const [vendor, model] = [textIn(body, 'Manufacturer'), textIn(body, 'Model')];
    found.push({
      component,
      current_version,
      vendor,
      model,
      serial_number: textIn(body, 'SerialNumber'),
      path,
    });
  };
  add('bios', resource, textIn(resource.body, 'BiosVersion'));
  const [manager] = managers;
  if (manager !== undefined) add('bmc', manager, textIn(manager.body, 'FirmwareVersion'));
  for (const chassis of await system.linked(call, resource, 'Chassis'))
    for (const adapter of await adaptersOf(system, call, chassis)) {
      const controllers = arrayIn(adapter.body, 'Controllers').filter(isObject);
      const version = controllers
        .map((each) => textIn(each, 'FirmwarePackageVersion'))
        .find((each) => each !== null);
      add(`nic:${textIn(adapter.body, 'Id') ?? adapter.path}`, adapter, version ?? null);
    }
  return found;
}

/** HPE's refuse to tell of them until an operating system has booted (opendev.org/openstack/ironic, redfish/firmware.py). */
async function adaptersOf(system: System, call: Call, chassis: Resource): Promise<Resource[]> {
  try {
    return await system.members(call, linkIn(chassis.body, 'NetworkAdapters'));
  } catch (error) {
    if (error instanceof Refusal && error.status === 400) return [];
    throw error;
  }
}

export function redfishFirmware(system: System): FirmwareReader {
  return {
    read: (options) =>
      system.client.within(options, async (call) => {
        const resource = await system.read(call);
        const managers = await system.linked(call, resource, 'ManagedBy');
        const parts = await partsOf(system, call, resource, managers);
        const measured = options.measured === true ? await measurements(system, call) : [];
        return parts.map(({ path, ...part }) => {
          // A resource may run several images: that of another version is another one.
          const found = measured.find(
            (each) => each.path === path && (each.version ?? part.current_version) === part.current_version,
          );
          return found === undefined ? part : { ...part, digest: found.digest };
        });
      }),
  };
}

/**
 * Updates by SimpleUpdate, where the BMC fetches the image, or by a push where it cannot, or where a checksum is to hold for what
 * it gets (DSP0266 12.6). A checksum is checked here, before the BMC is asked.
 */
export function redfishFirmwareUpdater(system: System): FirmwareUpdater {
  const { client } = system;
  return {
    update: ({ component, url, checksum }, options) =>
      client.within(options, async (call): Promise<BmcTask> => {
        const resource = await system.read(call);
        const managers = await system.linked(call, resource, 'ManagedBy');
        const parts = await partsOf(system, call, resource, managers);
        const part = parts.find((each) => each.component === component);
        if (part === undefined)
          throw new DriverError(
            'rejected',
            `${client.name}: The server has no firmware component ${component}.`,
          );
        const root = await client.root(call);
        const service = await client.get(
          call,
          required(root, 'UpdateService', linkIn(root.body, 'UpdateService')),
        );
        const named = quirksOf(resource, managers[0]).updates_name_their_target;
        const Targets = named ? [part.path] : [];
        const simple = simpleUpdate(service, url);
        const multipart_uri = textIn(service.body, 'MultipartHttpPushUri');
        const push_uri = multipart_uri ?? textIn(service.body, 'HttpPushUri');
        if (simple === null && push_uri === null)
          throw new DriverError(
            'unsupported',
            `${client.name}: The BMC neither fetches firmware from such a URL nor takes a push.`,
          );
        if (simple !== null && (checksum === undefined || push_uri === null)) {
          if (checksum !== undefined) await (await fetchImage(url, checksum, call))[Symbol.asyncDispose]();
          const body = { ...simple.body, ...(named ? { Targets } : {}) };
          return accepted(call, client.beginPost(call, simple.target, body));
        }
        await using image = await fetchImage(url, checksum ?? null, call);
        if (multipart_uri === null) await aim(call, client, service, Targets);
        const body =
          multipart_uri === null ? plainBody(image) : pushBody({ Targets, ...pushTime(service) }, image);
        return accepted(call, client.beginPush(call, push_uri ?? '', body));
      }),
  };
}

/** The bare push of before 2020 says nothing of what it is for: the service is told before, where it listens (DSP0268, UpdateService). */
async function aim(
  call: Call,
  client: System['client'],
  service: Resource,
  Targets: readonly string[],
): Promise<void> {
  const body = {
    ...(Targets.length > 0 && 'HttpPushUriTargets' in service.body ? { HttpPushUriTargets: Targets } : {}),
    ...applyNow(service),
  };
  if (Object.keys(body).length > 0) await client.patch(call, service, body);
}

function applyNow({ body }: Resource): object {
  const options = objectIn(body, 'HttpPushUriOptions');
  return options === null ? {} : { HttpPushUriOptions: { HttpPushUriApplyTime: { ApplyTime: 'Immediate' } } };
}

/** A BMC that breaks the connection may have begun: the version that is read back tells. */
async function accepted(call: Call, asked: Promise<BmcTask>): Promise<BmcTask> {
  try {
    return await asked;
  } catch (error) {
    call.signal.throwIfAborted();
    if (error instanceof ConnectionError && error.sent) return null;
    throw error;
  }
}

/** null: it has no such action, or does not fetch from there. */
function simpleUpdate(service: Resource, url: string): { target: string; body: object } | null {
  const action = actionIn(service, 'UpdateService.SimpleUpdate', 'TransferProtocol');
  if (action === null) return null;
  const protocol = new URL(url).protocol.replace(':', '').toUpperCase();
  const allowed = action.allowed ?? [];
  if (allowed.length === 0) return { target: action.target, body: { ImageURI: url } };
  if (!allowed.includes(protocol)) return null;
  return { target: action.target, body: { ImageURI: url, TransferProtocol: protocol } };
}

function pushTime({ body }: Resource): object {
  const support = body['MultipartHttpPushUri@Redfish.OperationApplyTimeSupport'];
  const times = isObject(support) ? (textsIn(support, 'SupportedValues') ?? []) : [];
  return times.includes('Immediate') ? { '@Redfish.OperationApplyTime': 'Immediate' } : {};
}
