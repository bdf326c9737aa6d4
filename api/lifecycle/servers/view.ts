import { attentionReasons } from '../../../lifecycle/attention.ts';
import { codeOf } from '../../../lifecycle/coded-text.ts';
import { installState } from '../../../lifecycle/install-state.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { clientEvents } from '../../../lifecycle/machine.ts';
import type { ServerRecord } from '../../../lifecycle/server-record.ts';
import { isUnstable } from '../../../lifecycle/states.ts';
import { isProviders, type ToolFacts, type ToolSide, toolsOf } from '../../../lifecycle/tools.ts';
import { verbsFor } from '../../../lifecycle/verbs.ts';
import { isoTime } from '../iso-time.ts';
import type { FoundServer } from './access.ts';

/** Fields that are shown as they are. */
export const PLAIN_FIELDS = [
  'uuid',
  'name',
  'serial_number',
  'vendor',
  'manufacturer',
  'product_name',
  'model_uuid',
  'flavor_uuid',
  'resource_class',
  'availability_zone',
  'bmc_address',
  'service_address',
  'vlan_id',
  'rack',
  'rack_unit',
  'driver',
  'power_state',
  'stage',
  'attention',
  'provision_state',
  'target_provision_state',
  'owner',
  'lessee',
  'order_uuid',
  'retired',
  'health',
  'fault',
] as const satisfies readonly (keyof ServerRecord)[];

/** A server as lists show it. `provider`: with the provider's own fields. */
export function serverView(server: ServerRecord, provider: boolean): JsonObject {
  return {
    ...Object.fromEntries(PLAIN_FIELDS.map((field) => [field, server[field]])),
    stage_changed_at: isoTime(server.stage_changed_at),
    provision_updated_at: isoTime(server.provision_updated_at),
    install_state: installState(server),
    installed_at: isoTime(server.installed_at),
    install_failed_at: isoTime(server.install_failed_at),
    install_note: server.install_note,
    stalled_at: isoTime(server.stalled_at),
    maintenance: maintenanceView(server),
    created_at: isoTime(server.created_at),
    updated_at: isoTime(server.updated_at),
    ...(provider
      ? {
          notes: server.notes,
          quarantine: quarantineView(server),
          purchased_at: isoTime(server.purchased_at),
          racked_at: isoTime(server.racked_at),
          warranty_until: isoTime(server.warranty_until),
          disposed_at: isoTime(server.disposed_at),
          disposed_by: server.disposed_by,
          disposal: server.disposal,
        }
      : {}),
  };
}

/** What tools depend on. */
export function toolFacts({ server, node }: FoundServer): ToolFacts {
  return { ...server, busy: node !== null && node.reservation !== null };
}

/** A server by itself: with what may be done with it now, and what not, and why. @param looks_only as for `toolsOf` */
export function serverDetail(
  found: FoundServer,
  side: ToolSide,
  provider: boolean,
  looks_only = false,
): JsonObject {
  const { server } = found;
  const facts = toolFacts(found);
  const reasons = attentionReasons(server);
  return {
    ...serverView(server, provider),
    attention_reasons: reasons.map(({ text }) => text),
    attention_codes: reasons.map(codeOf),
    busy: facts.busy || isUnstable(server.provision_state),
    side,
    verbs: found.node === null ? [] : verbsFor(clientEvents(found.node.provision_state)),
    tools: toolsOf(facts, side, looks_only).map(({ refusal, stages, ...view }) => ({
      ...{ ...view, stages: [...stages] },
      reason: refusal?.text ?? null,
      refusal: refusal === null ? null : codeOf(refusal),
    })),
  };
}

/** Why it is kept out of stock; null: it is not. */
function quarantineView(server: ServerRecord): JsonObject | null {
  if (!server.quarantined) return null;
  return {
    by: server.quarantined_by,
    reason: server.quarantine_reason,
    since: isoTime(server.quarantined_at),
    differences: server.quarantine_differences,
  };
}

/** Whose maintenance it is in; null: in none. */
function maintenanceView(server: ServerRecord): JsonObject | null {
  if (server.stage !== 'maintenance') return null;
  return {
    side: isProviders({ ...server, busy: false }) ? 'provider' : 'customer',
    by: server.maintenance_by,
    reason: server.maintenance_reason,
    since: isoTime(server.maintenance_since),
    until: isoTime(server.maintenance_until),
  };
}
