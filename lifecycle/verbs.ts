import type { ProvisionEvent } from './machine.ts';

interface VerbFacts {
  event: ProvisionEvent;
  /** Minor of the microversion that brought the verb. */
  since: number;
}

/** The targets of PUT /v1/nodes/{node}/states/provision, and the event each raises. */
export const VERBS = {
  active: { event: 'deploy', since: 1 },
  deploy: { event: 'deploy', since: 73 },
  rebuild: { event: 'rebuild', since: 1 },
  deleted: { event: 'delete', since: 1 },
  undeploy: { event: 'delete', since: 73 },
  manage: { event: 'manage', since: 4 },
  provide: { event: 'provide', since: 4 },
  inspect: { event: 'inspect', since: 6 },
  abort: { event: 'abort', since: 13 },
  clean: { event: 'clean', since: 15 },
  adopt: { event: 'adopt', since: 17 },
  rescue: { event: 'rescue', since: 38 },
  unrescue: { event: 'unrescue', since: 38 },
  unhold: { event: 'unhold', since: 85 },
  service: { event: 'service', since: 87 },
} as const satisfies Record<string, VerbFacts>;

/** One of the 15 verbs. */
export type Verb = keyof typeof VERBS;

/** True when `value` names a verb. */
export function isVerb(value: unknown): value is Verb {
  return typeof value === 'string' && Object.hasOwn(VERBS, value);
}

/** The verbs, by their spelling on the wire, that raise one of `events`. */
export function verbsFor(events: readonly ProvisionEvent[]): Verb[] {
  return (Object.keys(VERBS) as Verb[]).filter((verb) => events.includes(VERBS[verb].event));
}
