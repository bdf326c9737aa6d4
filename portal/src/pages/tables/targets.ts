import { queryOptions } from '@tanstack/react-query';
import { ask } from '../../api/http.ts';
import type { Server } from '../../api/types.ts';
import type { Target } from './widgets.ts';

interface Named {
  uuid: string;
  name?: string | null;
  vendor?: string | null;
  description?: string | null;
}

/** Of what is chosen by its name there are never more. */
const MOST = '1000';
const PATHS: Readonly<Record<Exclude<Target, 'servers'>, string>> = {
  profiles: '/lifecycle/v1/profiles',
  pools: '/lifecycle/v1/pools',
  models: '/lifecycle/v1/models',
  flavors: '/lifecycle/v1/flavors',
  chassis: '/v1/chassis',
};

/** Names by uuid of everything that a field may name, but servers. */
export function namesOf(target: Exclude<Target, 'servers'>) {
  return queryOptions({
    queryKey: [target, 'names'],
    queryFn: async ({ signal }) => {
      const list = await ask<Record<string, Named[]>>(`${PATHS[target]}?limit=${MOST}`, { signal });
      return new Map((list[target] ?? []).map((one) => [one.uuid, nameOf(one)]));
    },
  });
}

function nameOf({ uuid, name, vendor, description }: Named): string {
  const words = [vendor, name ?? description].filter(
    (one) => one !== null && one !== undefined && one !== '',
  );
  return words.length === 0 ? uuid : words.join(' ');
}

const FOUND = '10';

/** Servers that fit what somebody types: names by uuid. */
export function serversLike(search: string) {
  return queryOptions({
    queryKey: ['servers', 'like', search],
    queryFn: async ({ signal }) => {
      const query = new URLSearchParams({ search, limit: FOUND });
      const { servers } = await ask<{ servers: Server[] }>(`/lifecycle/v1/servers?${query}`, { signal });
      return new Map(
        servers.map(({ uuid, name, serial_number }) => [
          uuid,
          [name, serial_number].filter((one) => one !== null).join(' · ') || uuid,
        ]),
      );
    },
    enabled: search !== '',
  });
}

/** A step that BMCs carry out. */
export interface KnownStep {
  interface: string;
  step: string;
  areas: string[];
  args: { name: string; required: boolean }[];
}

/** The steps that the service knows; ramdisks may have others. */
export function knownSteps() {
  return queryOptions({
    queryKey: ['session', 'steps'],
    queryFn: async ({ signal }) =>
      (await ask<{ steps: KnownStep[] }>('/lifecycle/v1/steps', { signal })).steps,
    staleTime: Number.POSITIVE_INFINITY,
  });
}
