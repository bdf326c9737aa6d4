import type { Json } from '../../lifecycle/json.ts';
import type { PowerState } from '../../lifecycle/power.ts';
import { member, type ServiceSession } from '../../net/service-session.ts';
import type { ConductorLogger } from '../step.ts';

/** What Nova is told (Compute API, os-server-external-events). */
export interface NovaClient {
  /** Tells Nova that a server's power changed. Returns at once; what fails is logged: Nova looks for itself now and then. */
  powerUpdate(server_uuid: string, power_state: PowerState): void;
}

/** The first version whose external events know `power-update`. */
const MICROVERSION = '2.76';
/** Events under way or waiting for one before them; more are dropped, with a line in the log. */
const MAX_PENDING = 1000;

const TAGS: Readonly<Partial<Record<PowerState, string>>> = {
  'power on': 'POWER_ON',
  'power off': 'POWER_OFF',
};

export function createNovaClient(
  session: Pick<ServiceSession, 'request'>,
  log: Pick<ConductorLogger, 'warn'>,
): NovaClient {
  /** Server → its newest event: one server's events go out in their order. */
  const newest = new Map<string, Promise<void>>();
  let pending = 0;

  async function send(server_uuid: string, tag: string): Promise<void> {
    try {
      const answer = await session.request('POST', '/os-server-external-events', {
        headers: {
          'openstack-api-version': `compute ${MICROVERSION}`,
          'x-openstack-nova-api-version': MICROVERSION,
        },
        body: { events: [{ name: 'power-update', server_uuid, tag }] },
      });
      const code = codeOf(answer);
      if (code === null || code >= 400)
        log.warn({ server: server_uuid, tag, code }, 'Nova did not take a power-update event');
    } catch (error) {
      log.warn({ server: server_uuid, tag, err: error }, 'a power-update event did not reach Nova');
    }
  }

  return {
    powerUpdate(server_uuid, power_state) {
      const tag = TAGS[power_state];
      if (tag === undefined) return;
      if (pending >= MAX_PENDING) {
        log.warn({ server: server_uuid, tag }, 'a power-update event was dropped: too many wait for Nova');
        return;
      }
      pending += 1;
      const before = newest.get(server_uuid) ?? Promise.resolve();
      const sent = before
        .then(() => send(server_uuid, tag))
        .finally(() => {
          pending -= 1;
          if (newest.get(server_uuid) === sent) newest.delete(server_uuid);
        });
      newest.set(server_uuid, sent);
    },
  };
}

/** What Nova says of the event itself; its answer as a whole may be a success. */
function codeOf(answer: Json): number | null {
  const events = member(answer, 'events');
  const code = Array.isArray(events) ? member(events[0], 'code') : undefined;
  return typeof code === 'number' ? code : null;
}
