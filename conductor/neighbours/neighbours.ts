import type { Settings } from '../../config/options.ts';
import type { Clock } from '../../lifecycle/clock.ts';
import { createNeutronClient, type NeutronClient } from './neutron-client.ts';
import { isConfigured, openServiceSession, type ServiceSession } from './service-session.ts';

/** The OpenStack services beside this one; null: not configured. */
export interface Neighbours {
  readonly neutron: NeutronClient | null;
}

export const NO_NEIGHBOURS: Neighbours = { neutron: null };

/** Opens the ways to the neighbours that the settings name. Nothing is asked of them before it is needed. */
export function openNeighbours(settings: Settings, clock: Clock): Neighbours & AsyncDisposable {
  const sessions: ServiceSession[] = [];
  function open<T>(
    name: string,
    types: readonly string[],
    group: 'neutron',
    create: (session: ServiceSession) => T,
  ): T | null {
    if (!isConfigured(settings[group])) return null;
    const session = openServiceSession(name, types, settings[group], clock);
    sessions.push(session);
    return create(session);
  }
  return {
    neutron: open('Neutron', ['network'], 'neutron', createNeutronClient),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(sessions.map((session) => session[Symbol.asyncDispose]()));
    },
  };
}
