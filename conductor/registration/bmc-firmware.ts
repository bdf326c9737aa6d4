import { closestRule, compareVersions, type FirmwareVerdict } from '../../lifecycle/firmware-baseline.ts';
import { isAtWork, withUpdates } from '../../lifecycle/firmware-updates.ts';
import { firmwareKind } from '../../lifecycle/hardware-baseline.ts';
import type { PlannedStep } from '../../lifecycle/job.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { FirmwareComponentRecord } from '../../lifecycle/records.ts';
import type { FirmwareBaselineRecord, RegistrationRecord } from '../../lifecycle/registration-records.ts';
import { DONE, plannedStep, type StepDefinition, StepFailure, type WorkContext } from '../step.ts';
import { hardwareStep, refuseImpossible } from '../steps/hardware-step.ts';
import { powerOff } from '../work/ramdisk.ts';

const ORDER = 'registration.order_firmware';
const PROVE = 'registration.prove_firmware';
const UPDATE = 'firmware.update';

/** The registration of the node whose BMC is to update firmware, or does; null: there is none. */
async function registering({ node, store }: WorkContext): Promise<RegistrationRecord | null> {
  const [record] = await store.registrations.list({
    where: { node_uuid: node.uuid, state: 'running' },
    sort_dir: 'desc',
    limit: 1,
  });
  return record?.firmware.some(({ update }) => update?.by === 'bmc') ? record : null;
}

/** What is added to the proof that a BMC can be reached, where its server registers with firmware that the BMC is to update. */
export async function bmcFirmwareSteps(ctx: WorkContext): Promise<PlannedStep[]> {
  return (await registering(ctx)) === null ? [] : [plannedStep(ORDER)];
}

/** Looks up what is old in the BMC's own list, and has it updated: one component after the other, each once. */
const orderFirmware: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    const record = await registering(ctx);
    if (record === null) return DONE;
    const firmware = withUpdates(record.firmware, ({ by, state }) => by === 'bmc' && state === 'planned', {
      state: 'started',
      tries: 1,
    });
    await ctx.store.registrations.update(record.uuid, { step: 'firmware', firmware }, { state: 'running' });
    const old = await oldComponents(ctx);
    const missing = firmware.find(
      (one) =>
        isAtWork(one, 'bmc') && !old.some(({ part }) => firmwareKind(part.component) === one.component),
    );
    if (missing !== undefined) throw new StepFailure(notListed(missing, await componentsOf(ctx)));
    const settings = old.map(
      ({ part, rule }): JsonObject => ({
        ...{ component: part.component, url: rule.update_url },
        ...(rule.update_checksum === null ? {} : { checksum: rule.update_checksum }),
      }),
    );
    const update = plannedStep(UPDATE, { args: { settings } });
    await refuseImpossible(ctx, [update]);
    ctx.replan([update, plannedStep(PROVE)]);
    return { outcome: 'done', result: `to be updated: ${old.map(({ part }) => part.component).join(', ')}` };
  },
};

/** Reads all versions once more. What is proved is on record, and the server, which may have been restarted, is switched off. */
const proveFirmware: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    const record = await registering(ctx);
    if (record === null) return DONE;
    const [still] = await oldComponents(ctx);
    if (still !== undefined) {
      const { component, current_version, initial_version } = still.part;
      throw new StepFailure(
        `The firmware of ${component} is ${current_version} after it was updated from ${initial_version}: at least ${still.rule.version} is wanted. Look at the BMC's log, and at the image.`,
      );
    }
    await powerOff(ctx);
    const parts = await componentsOf(ctx);
    const firmware = record.firmware.map((one): FirmwareVerdict => {
      if (!isAtWork(one, 'bmc') || one.update === undefined) return one;
      const part = parts.find(({ component }) => firmwareKind(component) === one.component);
      return {
        ...{ ...one, version: part?.current_version ?? one.version, verdict: 'current' },
        update: { ...one.update, state: 'proved' },
      };
    });
    await ctx.store.registrations.update(record.uuid, { step: 'verify', firmware }, { state: 'running' });
    return DONE;
  },
};

export function bmcFirmwareStep(step: PlannedStep): StepDefinition | null {
  const name = `${step.interface}.${step.step}`;
  if (name === UPDATE) return hardwareStep(step);
  return name === ORDER ? orderFirmware : name === PROVE ? proveFirmware : null;
}

const componentsOf = ({ node, store }: WorkContext): Promise<FirmwareComponentRecord[]> =>
  store.firmware_components.list(node.uuid);

/** Components as the BMC told them last that are older than a baseline that has an image. */
async function oldComponents(
  ctx: WorkContext,
): Promise<{ part: FirmwareComponentRecord; rule: FirmwareBaselineRecord }[]> {
  const [parts, rules] = await Promise.all([componentsOf(ctx), ctx.store.firmware_baselines.list()]);
  return parts.flatMap((part) => {
    const rule = closestRule(
      {
        component: firmwareKind(part.component),
        manufacturer: part.vendor ?? '',
        product_name: part.model ?? '',
      },
      rules,
    );
    if (rule === undefined || rule.update_url === null || part.current_version === null) return [];
    return compareVersions(part.current_version, rule.version) < 0 ? [{ part, rule }] : [];
  });
}

function notListed(one: FirmwareVerdict, parts: readonly FirmwareComponentRecord[]): string {
  const told = parts.map(({ component, current_version }) => `${component} ${current_version}`).join(', ');
  return `The server says that the firmware of ${one.component} (${one.product_name}) is ${one.version}, and its BMC lists nothing that is older than ${one.baseline}: ${told || 'nothing at all'}. Give the baseline an update_script instead.`;
}
