import { STAGE_OF_STATE, STAGES, type Stage, stageOf } from '../stages.ts';
import { PROVISION_STATES, type ProvisionState } from '../states.ts';
import { TOOL_NAMES, TOOLS } from '../tools.ts';
import { code, table } from './markdown.ts';

const MEANING = {
  registration: 'mounted and cabled; being found, verified and inspected',
  inventory: 'in stock, or being prepared for it',
  building: 'taken by an order; being set up and installed',
  'in-use': 'in service',
  maintenance: "out of service for work: the customer's or the provider's",
  deletion: 'returned; being erased and brought back to its baseline',
  disposed: 'gone; its record stays',
} as const satisfies Record<Stage, string>;

const PLAIN = {
  maintenance: false,
  maintenance_side: null,
  returning: false,
  order_uuid: null,
  disposed_at: null,
  quarantined: false,
} as const;

/** The text of docs/stages.md, made from the tables in lifecycle/. Pure. */
export function stagesPage(): string {
  return [
    '# The stages of a server',
    'Made from the tables in `lifecycle/` by `npm run states`. Do not edit by hand.',
    'The stage is a function of the node and of what the provider knows of the server (`stageOf` in `lifecycle/stages.ts`). It follows ' +
      'the node, whoever changes it: a node that only the bare metal API ever touched has a true stage.',
    table(
      ['stage', 'meaning'],
      STAGES.map((stage) => [code(stage), MEANING[stage]]),
    ),
    '## Provision states',
    table(
      ['provision state', 'stage', 'unless'],
      PROVISION_STATES.map((state) => [code(state), code(STAGE_OF_STATE[state]), unless(state)]),
    ),
    'A server that was disposed of is `disposed` in every state. A return lasts from the state `deleting` until the server is `available` ' +
      'or `manageable`; with that its order and its maintenance are over too.',
    '## Tools',
    'Who rents a server (the node’s lessee or owner) is the *customer*; whoever passes the policy rule `lifecycle:server:service` is the ' +
      '*provider*. A customer’s tools are barred while the provider maintains the server. Out of its stage a tool is refused with 409, the ' +
      'reason and the stage that allows it.',
    table(
      ['tool', 'what it does', 'restarts the server', 'customer', 'provider'],
      TOOL_NAMES.map((name) => [
        code(name),
        TOOLS[name].title,
        TOOLS[name].reboots ? 'yes' : '',
        stages(TOOLS[name].customer),
        stages(TOOLS[name].provider),
      ]),
    ),
  ]
    .join('\n\n')
    .concat('\n');
}

const stages = (all: readonly Stage[]): string =>
  STAGES.slice(0, -1).every((stage) => all.includes(stage)) ? 'every stage' : all.map(code).join(' ');

/** When a state belongs to another stage. */
function unless(provision_state: ProvisionState): string {
  const cases = [
    { facts: { maintenance_side: 'customer' }, when: 'in maintenance (the node, or either side)' },
    { facts: { returning: true }, when: 'being returned' },
    { facts: { quarantined: true }, when: 'in quarantine' },
    { facts: { order_uuid: 'an order' }, when: 'taken by an order' },
  ] as const;
  return cases
    .flatMap(({ facts, when }) => {
      const other = stageOf({ provision_state, ...PLAIN, ...facts });
      return other === STAGE_OF_STATE[provision_state] ? [] : [`${code(other)} when ${when}`];
    })
    .join('; ');
}
