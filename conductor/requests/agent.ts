import { randomBytes, timingSafeEqual } from 'node:crypto';
import { serviceError } from '../../lifecycle/errors.ts';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { ProvisionState } from '../../lifecycle/states.ts';
import { jobQueue } from '../bus/bus.ts';
import type { AgentHeartbeat } from '../client.ts';
import { asRead, lockedError, type RequestDeps, reread } from './reserve.ts';

/** An agent that meets a worker's last write is not sent away: the server waits this long for the lock by itself. */
const LOCK_TRIES = 10;
const LOCK_PAUSE_MS = 100;

/** 32 random bytes make 43 url-safe characters, as Ironic's tokens have. */
const TOKEN_BYTES = 32;

/** States in which a heartbeat makes waiting work go on. */
const WOKEN: readonly ProvisionState[] = ['wait call-back', 'clean wait', 'rescue wait', 'service wait'];

async function whileFree<T>(
  deps: RequestDeps,
  node: NodeRecord,
  attempt: (node: NodeRecord) => Promise<T | null>,
): Promise<T> {
  let current = node;
  for (let tries = 1; ; tries++) {
    const done = current.reservation === null ? await attempt(current) : null;
    if (done !== null) return done;
    if (tries >= LOCK_TRIES) throw lockedError(current);
    await deps.clock.sleep(LOCK_PAUSE_MS);
    current = await reread(deps.store, current);
  }
}

/**
 * An agent's look-up: see ConductorClient.agentToken. It does not wait for the lock: whoever holds it may be rebooting the
 * server, and the token would go to the agent of the boot before. That one is gone; the agent of this boot asks again.
 */
export async function agentToken(deps: RequestDeps, node: NodeRecord): Promise<string> {
  let fresh = node;
  for (let tries = 1; tries <= LOCK_TRIES; tries++) {
    const info = fresh.driver_internal_info;
    if (typeof info.agent_secret_token === 'string' && info.agent_secret_token !== '') return '******';
    if (fresh.reservation !== null) throw lockedError(fresh);
    const agent_secret_token = randomBytes(TOKEN_BYTES).toString('base64url');
    const driver_internal_info = { ...info, agent_secret_token };
    const written = await deps.store.nodes.update(fresh.uuid, { driver_internal_info }, asRead(fresh));
    if (written !== null) return agent_secret_token;
    fresh = await reread(deps.store, fresh);
  }
  throw lockedError(fresh);
}

/** Records a heartbeat and wakes the job that waits for it: see ConductorClient.heartbeat. */
export async function heartbeat(deps: RequestDeps, node: NodeRecord, beat: AgentHeartbeat): Promise<void> {
  checkBeat(deps, node, beat);
  const job_id = await whileFree(deps, node, async (fresh) => {
    checkToken(fresh, beat.agent_token);
    const now = await deps.placement.dbNow();
    const facts: Record<string, Json | undefined> = {
      agent_url: beat.callback_url.replace(/\/+$/, ''),
      agent_last_heartbeat: new Date(now).toISOString(),
      agent_version: beat.agent_version,
      agent_verify_ca: beat.agent_verify_ca,
      agent_status: beat.agent_status,
      agent_status_message: beat.agent_status_message,
    };
    const known = Object.entries(facts).filter((entry): entry is [string, Json] => entry[1] !== undefined);
    const driver_internal_info: JsonObject = { ...fresh.driver_internal_info, ...Object.fromEntries(known) };
    // A beat in maintenance is recorded, but nothing goes on.
    const wakes = WOKEN.includes(fresh.provision_state) && !fresh.maintenance;
    const host = wakes ? await deps.placement.hostOf(fresh) : null;
    return wakeWith(
      deps,
      fresh,
      // The limit of a wait is one of silence.
      { driver_internal_info, ...(wakes ? { provision_updated_at: now } : {}) },
      host === null ? null : { host, reasons: ['heartbeat'] },
    );
  });
  if (job_id.id !== null) await deps.bus.send(jobQueue(node.conductor_group), { job_id: job_id.id });
}

/** Takes in-band inspection data: see ConductorClient.continueInspection. */
export async function continueInspection(
  deps: RequestDeps,
  node: NodeRecord,
  data: JsonObject,
): Promise<void> {
  const { inventory, ...plugin_data } = data;
  const woken = await whileFree(deps, node, async (fresh) => {
    if (fresh.provision_state !== 'inspect wait' && fresh.provision_state !== 'inspecting')
      throw serviceError('NotFound', { kind: 'Node waiting for inspection data:', ident: fresh.uuid });
    const host = await deps.placement.requireHost(fresh);
    await deps.store.inventory.put(fresh.uuid, {
      inventory:
        typeof inventory === 'object' && inventory !== null && !Array.isArray(inventory) ? inventory : {},
      plugin_data,
    });
    return wakeWith(deps, fresh, {}, { host, reasons: ['inspection'] });
  });
  if (woken.id !== null) await deps.bus.send(jobQueue(node.conductor_group), { job_id: woken.id });
}

/** Writes the node and wakes its waiting job in one transaction. null: the node changed meanwhile. */
async function wakeWith(
  deps: RequestDeps,
  node: NodeRecord,
  changes: Partial<NodeRecord>,
  wake: { host: string; reasons: ('heartbeat' | 'inspection')[] } | null,
): Promise<{ id: number | null } | null> {
  const overtaken = new Error('overtaken');
  try {
    return await deps.store.transaction(async (tables) => {
      const id = wake === null ? null : await tables.jobs.wake(node.uuid, wake.reasons);
      const held = id === null ? {} : { reservation: wake?.host ?? null, reservation_job_id: id };
      const all = { ...changes, ...held };
      if (Object.keys(all).length === 0) return { id };
      if (!(await tables.nodes.change(node.uuid, all, asRead(node)))) throw overtaken;
      return { id };
    });
  } catch (error) {
    if (error === overtaken) return null;
    throw error;
  }
}

function checkBeat(deps: RequestDeps, node: NodeRecord, beat: AgentHeartbeat): void {
  const url = URL.canParse(beat.callback_url) ? new URL(beat.callback_url) : null;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw serviceError('InvalidParameterValue', { why: 'callback_url is no http or https URL.' });
  if (deps.settings.agent.require_tls && url.protocol !== 'https:')
    throw serviceError('InvalidParameterValue', {
      why: `Heartbeat of node ${node.uuid} refused: TLS is required in callback_url.`,
    });
  if (beat.agent_token === '')
    throw serviceError('InvalidParameterValue', {
      why: `Agent token is required for heartbeat processing with node ${node.uuid}.`,
    });
}

function checkToken(node: NodeRecord, token: string): void {
  const known = node.driver_internal_info.agent_secret_token;
  const expected = Buffer.from(typeof known === 'string' ? known : '');
  const given = Buffer.from(token);
  const same = expected.length === given.length && expected.length > 0 && timingSafeEqual(expected, given);
  if (!same)
    throw serviceError('InvalidParameterValue', {
      why: `Invalid or missing agent token received for node ${node.uuid}.`,
    });
}
