import type { Settings } from '../../config/options.ts';
import type { Clock } from '../../lifecycle/clock.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { createGlanceClient, type GlanceClient } from '../../net/glance-client.ts';
import { isConfigured, openServiceSession, type ServiceSession } from '../../net/service-session.ts';
import type { ConductorLogger } from '../step.ts';
import { createNeutronClient, type NeutronClient } from './neutron-client.ts';
import { createNovaClient, type NovaClient } from './nova-client.ts';

/** The OpenStack services beside this one; null: not configured. */
export interface Neighbours {
  readonly neutron: NeutronClient | null;
  readonly nova: NovaClient | null;
  readonly glance: GlanceClient | null;
}

export const NO_NEIGHBOURS: Neighbours = { neutron: null, nova: null, glance: null };

/** Opens the ways to the neighbours that the settings name. Nothing is asked of them before it is needed. */
export function openNeighbours(
  settings: Settings,
  clock: Clock,
  log: Pick<ConductorLogger, 'warn'>,
): Neighbours & AsyncDisposable {
  const sessions: ServiceSession[] = [];
  function open(
    name: string,
    types: readonly string[],
    group: 'neutron' | 'nova' | 'glance',
  ): ServiceSession | null {
    if (!isConfigured(settings[group])) return null;
    const session = openServiceSession(name, types, settings[group], clock);
    sessions.push(session);
    return session;
  }
  const neutron = open('Neutron', ['network'], 'neutron');
  const nova = settings.nova.send_power_notifications ? open('Nova', ['compute'], 'nova') : null;
  const glance = open('Glance', ['image'], 'glance');
  return {
    glance: glance && createGlanceClient(glance),
    neutron: neutron && createNeutronClient(neutron),
    nova: nova && createNovaClient(nova, log),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(sessions.map((session) => session[Symbol.asyncDispose]()));
    },
  };
}

/** Tells Nova of a power change of a server that carries one of its instances. */
export function tellPower(
  neighbours: Neighbours | undefined,
  before: Pick<NodeRecord, 'power_state'> | null,
  after: Pick<NodeRecord, 'power_state' | 'instance_uuid'>,
): void {
  const { instance_uuid, power_state } = after;
  if (instance_uuid === null || power_state === null || before?.power_state === power_state) return;
  neighbours?.nova?.powerUpdate(instance_uuid, power_state);
}
