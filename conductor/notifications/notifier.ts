import { randomUUID } from 'node:crypto';
import type { Settings } from '../../config/options.ts';
import type { Announced } from '../../lifecycle/announced.ts';
import type { Clock } from '../../lifecycle/clock.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { TRANSITIONS } from '../../lifecycle/machine.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { type ProvisionState, STATES } from '../../lifecycle/states.ts';
import type { Bus } from '../bus/bus.ts';
import type { ConductorLogger } from '../step.ts';
import { crudPayload, nodePayload } from './payload.ts';

/** What is done to a console: a client turned it on or off, it was started again, or it was stopped for a teardown. */
export type ConsoleAction = 'console_set' | 'console_restore' | 'console_stop';
export type AnnouncedStatus = 'start' | 'end' | 'error';

/**
 * Tells whoever listens on RabbitMQ what happens to nodes and all that clients keep beside them, as Ironic does. Nothing waits for it and nothing fails
 * with it: what the broker does not take is lost.
 */
export interface Notifier {
  /** A node was written: announces power_set and provision_set where they changed. */
  nodeChanged(before: NodeRecord, after: NodeRecord): void;
  /** The recorded power state was found wrong and set right. */
  powerCorrected(node: NodeRecord, from_power: string | null): void;
  /** A conductor begins to change a node's console, or has done so, or has failed to. */
  consoleChanged(node: NodeRecord, action: ConsoleAction, status: AnnouncedStatus): void;
  /** Announces the start, and the end or the error, of `change`; the end shows what it resolved with, if anything. */
  announce<T>(what: Announced, change: () => Promise<T>): Promise<T>;
}

const LEVELS = ['debug', 'info', 'warning', 'error', 'critical'] as const;
type Level = (typeof LEVELS)[number];

/** oslo.messaging's default name in Ironic. */
const EXCHANGE = 'ironic';
/** Notifications that wait for the broker; more are dropped. */
const MAX_PENDING = 1000;

const SILENT: Notifier = {
  nodeChanged() {},
  powerCorrected() {},
  consoleChanged() {},
  announce: (_what, change) => change(),
};

/** @param host this process, as in `publisher_id`. */
export function createNotifier(deps: {
  settings: Settings;
  bus: Pick<Bus, 'notify'>;
  clock: Clock;
  log: Pick<ConductorLogger, 'warn'>;
  host: string;
}): Notifier {
  const { bus, clock, log } = deps;
  const { notification_level, versioned_notifications_topics } = deps.settings.DEFAULT;
  if (notification_level === 'off') return SILENT;
  const least = LEVELS.indexOf(notification_level);
  let pending = 0;

  function emit(level: Level, service: string, what: string, payload: () => JsonObject): void {
    if (LEVELS.indexOf(level) < least) return;
    const event_type = `baremetal.${what}`;
    if (pending >= MAX_PENDING) {
      log.warn({ event_type }, 'a notification was dropped: too many wait for the broker');
      return;
    }
    const message = {
      message_id: randomUUID(),
      publisher_id: `${service}.${deps.host}`,
      event_type,
      priority: level.toUpperCase(),
      payload: payload(),
      timestamp: new Date(clock.now()).toISOString().replace('T', ' ').replace('Z', '000'),
      _unique_id: randomUUID().replaceAll('-', ''),
    };
    const envelope = { 'oslo.version': '2.0', 'oslo.message': JSON.stringify(message) };
    for (const topic of versioned_notifications_topics) {
      pending += 1;
      void bus.notify(EXCHANGE, `${topic}.${level}`, envelope).finally(() => {
        pending -= 1;
      });
    }
  }

  function provisionSet(before: NodeRecord, after: NodeRecord): void {
    const event = eventBetween(before.provision_state, after.provision_state);
    const was = isUnstable(before.provision_state);
    const is = isUnstable(after.provision_state);
    const failed = event === 'fail';
    const status = failed ? 'error' : was === is ? 'success' : is ? 'start' : 'end';
    emit(failed ? 'error' : 'info', 'ironic-conductor', `node.provision_set.${status}`, () =>
      nodePayload('NodeSetProvisionStatePayload', after, {
        event,
        previous_provision_state: before.provision_state,
        previous_target_provision_state: before.target_provision_state,
      }),
    );
  }

  function powerSet(node: NodeRecord, to_power: string, status: AnnouncedStatus): void {
    emit(levelOf(status), 'ironic-conductor', `node.power_set.${status}`, () =>
      nodePayload('NodeSetPowerStatePayload', node, { to_power }),
    );
  }

  return {
    nodeChanged(before, after) {
      if (before.target_power_state !== after.target_power_state) {
        if (after.target_power_state !== null) powerSet(after, after.target_power_state, 'start');
        else if (before.target_power_state !== null) {
          const reached = after.power_state === before.target_power_state;
          powerSet(after, before.target_power_state, reached ? 'end' : 'error');
        }
      }
      if (before.provision_state !== after.provision_state) provisionSet(before, after);
    },
    powerCorrected(node, from_power) {
      emit('info', 'ironic-conductor', 'node.power_state_corrected.success', () =>
        nodePayload('NodeCorrectedPowerStatePayload', node, { from_power }),
      );
    },
    consoleChanged(node, action, status) {
      emit(levelOf(status), 'ironic-conductor', `node.${action}.${status}`, () =>
        nodePayload('NodePayload', node),
      );
    },
    async announce(what, change) {
      const tell = (status: AnnouncedStatus, record: object) =>
        emit(levelOf(status), 'ironic-api', `${what.object}.${what.action}.${status}`, () =>
          payloadOf(what, record),
        );
      tell('start', what.record);
      try {
        const result = await change();
        const written = typeof result === 'object' && result !== null && 'uuid' in result;
        tell('end', written ? result : what.record);
        return result;
      } catch (error) {
        tell('error', what.record);
        throw error;
      }
    },
  };
}

function payloadOf(what: Announced, record: object): JsonObject {
  if (what.object !== 'node') return crudPayload(what.object, record);
  return nodePayload(what.action === 'maintenance_set' ? 'NodePayload' : 'NodeCRUDPayload', record);
}

function levelOf(status: AnnouncedStatus): Level {
  return status === 'error' ? 'error' : 'info';
}

function isUnstable(state: ProvisionState): boolean {
  return STATES[state].kind === 'unstable';
}

/** The event of the machine that leads from one state to the other; null: several events in one go. */
function eventBetween(from: ProvisionState, to: ProvisionState): string | null {
  return TRANSITIONS.find((row) => row[0] === from && row[2] === to)?.[1] ?? null;
}
