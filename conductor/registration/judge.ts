import type { Store } from '../../db/store.ts';
import { closestRule, type FirmwareVerdict } from '../../lifecycle/firmware-baseline.ts';
import { type FirmwareOrder, isAtWork, type UpdateWays } from '../../lifecycle/firmware-updates.ts';
import { flavorOf } from '../../lifecycle/flavor-match.ts';
import type { FirmwareBaselineRecord, FlavorRecord } from '../../lifecycle/registration-records.ts';
import { type HardwareVerdict, hardwareVerdict } from '../../lifecycle/registration-verdict.ts';
import { flavorFacts, type ServerReport } from '../../lifecycle/server-report.ts';
import type { Known } from './known-server.ts';

/** Of a script that updates firmware, when its baseline does not say. */
const UPDATE_TIMEOUT_S = 1800;

/** Judges a server's cables and firmware; its flavor, and what it is to update itself. */
export async function judge(
  store: Store,
  report: ServerReport,
  { last, server }: Known,
  ways: UpdateWays,
): Promise<{ hardware: HardwareVerdict; flavor: FlavorRecord | null; orders: FirmwareOrder[] }> {
  // The plan names a server by its serial number, or by where it stands.
  const place =
    server?.rack == null || server.rack_unit === null ? [] : [`${server.rack}/${server.rack_unit}`];
  const device = [report.serial_number, ...place].filter((name) => name !== '');
  const [plan, switches, baselines, flavors] = await Promise.all([
    store.cables.list({ where: { device } }),
    store.cables.switches(),
    store.firmware_baselines.list(),
    store.flavors.list(),
  ]);
  const earlier = last?.firmware ?? [];
  const hardware = hardwareVerdict(report, plan, switches, baselines, { ways, earlier });
  return {
    hardware,
    flavor: flavorOf(flavorFacts(report), flavors),
    orders: firmwareOrders(report, hardware.firmware, baselines),
  };
}

/** What the server is to update itself. */
function firmwareOrders(
  { firmware }: ServerReport,
  verdicts: readonly FirmwareVerdict[],
  baselines: readonly FirmwareBaselineRecord[],
): FirmwareOrder[] {
  return verdicts.flatMap((verdict, index): FirmwareOrder[] => {
    const one = firmware[index];
    const rule = isAtWork(verdict, 'server') && one !== undefined ? closestRule(one, baselines) : undefined;
    if (rule === undefined) return [];
    const { component, product_name, version: found } = verdict;
    return [
      {
        ...{ component, product_name, found, wanted: rule.version },
        script: rule.update_script ?? '',
        timeout_s: rule.update_timeout_s ?? UPDATE_TIMEOUT_S,
      },
    ];
  });
}
