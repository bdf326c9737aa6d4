import { isDeepStrictEqual } from 'node:util';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord, PortRecord } from '../../lifecycle/records.ts';
import { type NodeChanges, type StepContext, StepFailure } from '../step.ts';
import { callApi } from './api-call.ts';
import { type Draft, type Fields, NODE_FIELDS, PORT_FIELDS } from './draft.ts';
import { applyRules } from './engine.ts';
import { RuleFailure } from './rule-failure.ts';

/**
 * Runs the inspection rules on a node and on what its inspection brought, and writes what they changed: ports, traits and
 * data at once, the node with the step's outcome. Also when a rule fails.
 * @throws StepFailure when a rule says that the inspection failed, or cannot be carried out
 */
export async function applyInspectionRules(
  ctx: StepContext,
  data: { inventory: JsonObject; plugin_data: JsonObject },
): Promise<void> {
  const { store, log, settings, clock, signal } = ctx;
  const rules = await store.inspection_rules.list({ where: { phase: 'main' } });
  if (rules.length === 0) return;
  const { node } = ctx;
  const ports = await store.ports.list({ where: { node_uuid: node.uuid } });
  const draft: Draft = {
    node: structuredClone(node) as unknown as JsonObject,
    traits: new Set(node.traits),
    ports: new Map(ports.map((port) => [port.uuid, structuredClone(port) as unknown as JsonObject])),
    inventory: data.inventory,
    plugin_data: structuredClone(data.plugin_data),
  };
  const outside = {
    log: (level: 'debug' | 'info' | 'warn' | 'error', message: string) =>
      log[level]({ node: node.uuid, job: ctx.job.uuid }, message),
    callApi: (args: JsonObject) => callApi(args, { clock, signal }),
  };
  let failure: RuleFailure | null = null;
  try {
    await applyRules(rules, draft, { mask_secrets: settings.inspection_rules.mask_secrets, outside });
  } catch (error) {
    if (!(error instanceof RuleFailure)) throw error;
    failure = error;
  }
  ctx.change(changesOf<NodeRecord>(node, draft.node, NODE_FIELDS) as NodeChanges);
  await writeSatellites(ctx, ports, draft, data);
  if (failure !== null) throw new StepFailure(`Failed to finish inspection: ${failure.message}`);
}

async function writeSatellites(
  { store, node }: StepContext,
  ports: readonly PortRecord[],
  draft: Draft,
  data: { inventory: JsonObject; plugin_data: JsonObject },
): Promise<void> {
  for (const port of ports) {
    const changes = changesOf<PortRecord>(port, draft.ports.get(port.uuid) ?? {}, PORT_FIELDS);
    if (Object.keys(changes).length > 0) await store.ports.update(port.uuid, changes);
  }
  const traits = [...draft.traits].sort();
  if (!isDeepStrictEqual(traits, [...node.traits].sort())) await store.nodes.setTraits(node.uuid, traits);
  if (!isDeepStrictEqual(draft.plugin_data, data.plugin_data)) {
    await store.inventory.put(node.uuid, { inventory: data.inventory, plugin_data: draft.plugin_data });
  }
}

/** The fields that rules changed. */
function changesOf<R extends object>(before: R, after: JsonObject, fields: Fields): Partial<R> {
  const old = before as unknown as Record<string, Json>;
  const changed = Object.keys(fields).filter((name) => !isDeepStrictEqual(old[name], after[name]));
  return Object.fromEntries(changed.map((name) => [name, after[name]])) as Partial<R>;
}
