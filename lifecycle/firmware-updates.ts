import {
  closestRule,
  type FirmwareRule,
  type FirmwareUpdate,
  type FirmwareVerdict,
  firmwareVerdicts,
  type SeenFirmware,
} from './firmware-baseline.ts';

/** Tries of one update that nobody knows the end of, because the server was restarted in the middle of it. */
export const UPDATE_TRIES = 2;

/** A component that a server updates by a script of the operator's. */
export interface FirmwareOrder {
  component: string;
  product_name: string;
  /** The version that it has. */
  found: string;
  /** The least version that is wanted. */
  wanted: string;
  /** Name of the script among the run-time scripts. */
  script: string;
  timeout_s: number;
}

/** Who can update the firmware of a server that registers. */
export interface UpdateWays {
  bmc: boolean;
  server: boolean;
}

export const NO_WAY: UpdateWays = { bmc: false, server: false };

/**
 * Judges the firmware of a server that registers, and says what is to be updated. What can be updated does not fail; an update that
 * was made and has not brought the version that is wanted does, and so does one that was begun too often. Pure.
 *
 * @param earlier what was judged when the server registered before: an update whose end is not known yet goes on.
 */
export function planUpdates(
  seen: readonly SeenFirmware[],
  rules: readonly FirmwareRule[],
  ways: UpdateWays,
  earlier: readonly FirmwareVerdict[],
): FirmwareVerdict[] {
  const open = earlier.filter(({ update }) => update !== undefined && isUnproved(update));
  return firmwareVerdicts(seen, rules).map((verdict, index) => {
    const known = take(open, verdict)?.update;
    if (verdict.verdict !== 'outdated')
      return known === undefined ? verdict : { ...verdict, update: { ...known, state: 'proved' } };
    if (known !== undefined && (known.state === 'ran' || known.tries >= UPDATE_TRIES))
      return { ...verdict, failed: true, update: { ...known, state: 'failed' } };
    const one = seen[index];
    const rule = one === undefined ? undefined : closestRule(one, rules);
    const by = rule === undefined ? null : wayOf(rule, ways);
    if (by === null) return verdict;
    const { before = verdict.version, tries = 0 } = known ?? {};
    const update: FirmwareUpdate =
      by === 'bmc'
        ? { by, before, tries, state: 'planned' }
        : { by, before, tries: tries + 1, state: 'started' };
    return { ...verdict, failed: false, update };
  });
}

/** The BMC first: it needs no program in the ramdisk, and goes on when the server stands still. */
function wayOf({ update_script, update_url }: FirmwareRule, ways: UpdateWays): FirmwareUpdate['by'] | null {
  if (ways.bmc && typeof update_url === 'string') return 'bmc';
  return ways.server && typeof update_script === 'string' ? 'server' : null;
}

/** The entry of the same component, once: a server may have several cards of one model. */
function take(open: FirmwareVerdict[], { component, product_name }: FirmwareVerdict): FirmwareVerdict | null {
  const at = open.findIndex((one) => one.component === component && one.product_name === product_name);
  return at < 0 ? null : (open.splice(at, 1)[0] ?? null);
}

/** Why a component fails the registration, in words. */
export function firmwareCause({
  baseline,
  component,
  product_name,
  update,
  version,
}: FirmwareVerdict): string {
  const what = `The firmware of ${component} (${product_name}) is`;
  if (update?.state !== 'failed') return `${what} ${version}: at least ${baseline} is wanted. Update it.`;
  if (update.tries >= UPDATE_TRIES)
    return `${what} ${version} after ${update.tries} updates, and at least ${baseline} is wanted: the server was restarted in the middle of them. Look what it says on its screen.`;
  return `${what} still ${version} after it was updated from ${update.before}: at least ${baseline} is wanted. Look at the end of the log, and at the image.`;
}

/** The same verdicts, with every update that `fits` in another state. */
export function withUpdates(
  verdicts: readonly FirmwareVerdict[],
  fits: (update: FirmwareUpdate) => boolean,
  changes: Partial<FirmwareUpdate>,
): FirmwareVerdict[] {
  return verdicts.map((one) =>
    one.update !== undefined && fits(one.update) ? { ...one, update: { ...one.update, ...changes } } : one,
  );
}

/** Whether an update was begun and nobody knows yet what came of it. */
export const isUnproved = ({ state }: FirmwareUpdate): boolean => state === 'started' || state === 'ran';

/** Whether an update is with somebody, so that the registration cannot end well yet. */
export const isAtWork = ({ update }: FirmwareVerdict, by: FirmwareUpdate['by']): boolean =>
  update?.by === by && update.state === 'started';
