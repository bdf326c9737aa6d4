import { clientEvents, type EventSource, TRANSITIONS } from '../machine.ts';
import { POWER_TARGETS } from '../power.ts';
import { PROVISION_STATES, type ProvisionState, STATES } from '../states.ts';
import { VERBS, verbsFor } from '../verbs.ts';
import { code, table } from './markdown.ts';

const KINDS = {
  stable: 'changes only on request',
  unstable: 'work in progress, or waiting for a call-back',
  fail: 'failed or held: waits for a request',
} as const;

const SOURCES = {
  api: 'client',
  int: 'conductor',
  agent: 'agent',
  timer: 'timeout sweep',
} as const satisfies Record<EventSource, string>;

/** The text of docs/states.md, made from the tables of the state machine. Pure. */
export function statesPage(): string {
  return [
    '# The states of a node',
    'Made from the tables in `lifecycle/` by `npm run states`. Do not edit by hand.',
    `${PROVISION_STATES.length} states, ${TRANSITIONS.length} transitions, ${Object.keys(VERBS).length} verbs.`,
    '## Provision states',
    Object.entries(KINDS)
      .map(([kind, meaning]) => `- *${kind}*: ${meaning}`)
      .join('\n'),
    table(
      ['state', 'kind', 'target', 'bounded by', 'verbs'],
      PROVISION_STATES.map((state) => [
        code(state),
        STATES[state].kind,
        code(STATES[state].target),
        code(timeoutOf(state)),
        verbsFor(clientEvents(state)).map(code).join(' '),
      ]),
    ),
    '## Diagram',
    'Thick arrows are verbs of a client; thin ones are raised by the service itself.',
    diagram(),
    '## Transitions',
    'Where work is named, the event starts a job of that kind.',
    table(
      ['from', 'event', 'to', 'work', 'raised by'],
      TRANSITIONS.map(([from, event, to, work, by]) => [
        code(from),
        code(event),
        code(to),
        work ?? '',
        by.map((source) => SOURCES[source]).join(', '),
      ]),
    ),
    '## Verbs',
    'Targets of `PUT /v1/nodes/{node}/states/provision`.',
    table(
      ['target', 'event', 'since'],
      Object.entries(VERBS).map(([verb, { event, since }]) => [code(verb), code(event), `1.${since}`]),
    ),
    '## Power',
    'Targets of `PUT /v1/nodes/{node}/states/power`.',
    table(
      ['target', 'ends in', 'since'],
      Object.entries(POWER_TARGETS).map(([target, { result, since }]) => [
        code(target),
        code(result),
        `1.${since}`,
      ]),
    ),
  ]
    .join('\n\n')
    .concat('\n');
}

function timeoutOf(state: ProvisionState): string | null {
  const facts = STATES[state];
  return 'timeout' in facts ? `[conductor]${facts.timeout}` : null;
}

/** A Mermaid flow chart; parallel edges between two states are one arrow with all their events. */
function diagram(): string {
  const edges = new Map<string, { from: string; to: string; arrow: string; events: string[] }>();
  for (const [from, event, to, , by] of TRANSITIONS) {
    const arrow = by.some((source) => source === 'api') ? '==>' : '-->';
    const key = `${from}|${to}|${arrow}`;
    const edge = edges.get(key) ?? { from, to, arrow, events: [] };
    edge.events.push(event);
    edges.set(key, edge);
  }
  return [
    '```mermaid',
    'flowchart TD',
    ...PROVISION_STATES.map((state) => `  ${id(state)}${box(state)}`),
    ...[...edges.values()].map(
      ({ from, to, arrow, events }) => `  ${id(from)} ${arrow}|${events.join(', ')}| ${id(to)}`,
    ),
    '```',
  ].join('\n');
}

function id(state: string): string {
  return state.replaceAll(/[^a-z]/g, '_');
}

function box(state: ProvisionState): string {
  const shapes = {
    stable: `(["${state}"])`,
    unstable: `["${state}"]`,
    fail: `{{"${state}"}}`,
  };
  return shapes[STATES[state].kind];
}
