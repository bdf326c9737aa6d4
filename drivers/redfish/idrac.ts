import { DriverError, type JobQueue } from '../contract.ts';
import type { Call } from './call.ts';
import { actionIn, linkIn, objectIn, type Resource, textIn } from './resources.ts';
import type { System } from './system.ts';

/**
 * Dell's iDRAC, where it differs from the standard. Sources: opendev.org/openstack/ironic, drivers/modules/drac/boot.py and
 * drivers/modules/redfish/boot.py; opendev.org/openstack/sushy, oem/dell/resources/manager/manager.py and job_service.py.
 */

/** Versions of the firmware whose boot override reaches virtual media: to the others `Cd` is a drive in the server. */
const BOOTS_VIRTUAL_CDS: ReadonlySet<string> = new Set(['6', '7']);
/** From this generation of servers on there is an iDRAC 10. */
const FIRST_OF_IDRAC_10 = 17;
const IMPORT = '#OemManager.ImportSystemConfiguration';

function isDell({ body }: Resource): boolean {
  return /\bdell\b/i.test(textIn(body, 'Manufacturer') ?? '');
}

async function managerOf(system: System, call: Call, resource: Resource): Promise<Resource | undefined> {
  return isDell(resource) ? (await system.linked(call, resource, 'ManagedBy'))[0] : undefined;
}

/** The only slot of virtual media that takes images; null: all do, or it is no iDRAC 10. */
export async function onlySlot(system: System, call: Call, resource: Resource): Promise<string | null> {
  const manager = await managerOf(system, call, resource);
  // `17G Monolithic`
  const generation = Number.parseInt(textIn(manager?.body ?? {}, 'Model') ?? '', 10);
  return generation >= FIRST_OF_IDRAC_10 ? '1' : null;
}

/**
 * Has an iDRAC boot from its virtual CD by importing that piece of its configuration, which becomes a job there.
 * False: it is none, or one that needs no such thing.
 */
export async function bootsVirtualCd(
  system: System,
  call: Call,
  resource: Resource,
  persistent: boolean,
): Promise<boolean> {
  const manager = await managerOf(system, call, resource);
  if (manager === undefined) return false;
  const [major = ''] = (textIn(manager.body, 'FirmwareVersion') ?? '').split('.');
  const oem = objectIn(objectIn(manager.body, 'Actions') ?? {}, 'Oem') ?? {};
  const name = Object.keys(oem).find((each) => each.endsWith(IMPORT));
  const target = name === undefined ? null : textIn(objectIn(oem, name) ?? {}, 'target');
  if (BOOTS_VIRTUAL_CDS.has(major) || target === null) return false;
  const id = (textIn(manager.body, 'Id') ?? '').replace(/[^\w.-]/g, '');
  const attribute = (key: string, value: string) =>
    `<Attribute Name="ServerBoot.1#${key}">${value}</Attribute>`;
  const attributes =
    attribute('BootOnce', persistent ? 'Disabled' : 'Enabled') + attribute('FirstBootDevice', 'VCD-DVD');
  // White space between the elements would fail the job.
  const ImportBuffer = `<SystemConfiguration><Component FQDD="${id}">${attributes}</Component></SystemConfiguration>`;
  await system.client.post(call, target, { ShareParameters: { Target: ['ALL'] }, ImportBuffer });
  return true;
}

/** In place of the name of a job. */
const ALL_JOBS = 'JID_CLEARALL';

/** The jobs that an iDRAC has accepted, by Dell's service for them, which its manager names. */
export function dellJobQueue(system: System): JobQueue {
  return {
    clear: (options) =>
      system.client.within(options, async (call) => {
        const [manager] = await system.linked(call, await system.read(call), 'ManagedBy');
        const links = objectIn(objectIn(manager?.body ?? {}, 'Links') ?? {}, 'Oem') ?? {};
        const path = linkIn(objectIn(links, 'Dell') ?? {}, 'DellJobService');
        const action =
          path === null
            ? null
            : actionIn(await system.client.get(call, path), 'DellJobService.DeleteJobQueue', 'JobID');
        if (action === null)
          throw new DriverError(
            'unsupported',
            `${system.client.name}: The BMC has no DellJobService, by which its job queue is cleared. Check that it is an iDRAC, and update an iDRAC9 with old firmware.`,
          );
        await system.client.post(call, action.target, { JobID: ALL_JOBS });
      }),
  };
}
