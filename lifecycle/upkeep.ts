import { type CodedText, coded } from './coded-text.ts';
import type { NodeRecord } from './records.ts';
import type { ServerFacts } from './server-record.ts';
import type { Stage } from './stages.ts';
import type { RefusalCode } from './tools.ts';

/** What the provider does with a server of its own. */
export const UPKEEP = ['baseline-take', 'quarantine', 'release', 'dispose'] as const;
export type Upkeep = (typeof UPKEEP)[number];

export type UpkeepRefusal = CodedText<RefusalCode | 'quarantined' | 'not-quarantined'>;

export interface UpkeepFacts extends Pick<ServerFacts, 'quarantined'>, Pick<NodeRecord, 'provision_state'> {
  uuid: string;
  stage: Stage;
  busy: boolean;
}

const WITHOUT_CUSTOMER = ['registration', 'inventory', 'deletion'] as const;
const IN_STOCK = ['inventory', 'registration'] as const;

type Rule = (server: UpkeepFacts) => UpkeepRefusal | null;

const RULES: Readonly<Record<Upkeep, Rule>> = {
  // What a customer has changed must not become what it is brought back to.
  'baseline-take': ({ stage }) =>
    stageRefusal(WITHOUT_CUSTOMER, stage, `The baseline is not taken in the stage ${stage}. It is in`),
  quarantine: ({ quarantined, stage, busy, provision_state: state }) => {
    if (quarantined) return coded('quarantined', 'The server is in quarantine already.');
    return (
      stageRefusal(
        WITHOUT_CUSTOMER,
        stage,
        `quarantine is not possible in the stage ${stage}. It is possible in`,
      ) ??
      (busy && state !== 'available'
        ? coded('busy', 'Other work has the server: wait for its end.', { state })
        : null)
    );
  },
  release: ({ quarantined }) =>
    quarantined ? null : coded('not-quarantined', 'The server is not in quarantine.'),
  // One in quarantine has been given back already.
  dispose: ({ stage, quarantined }) =>
    quarantined
      ? null
      : stageRefusal(
          IN_STOCK,
          stage,
          `dispose is not possible in the stage ${stage}. It is possible in`,
          ': have the server returned first.',
        ),
};

/** Why the provider cannot do it now; null: it can. Pure. */
export function upkeepRefusal(name: Upkeep, server: UpkeepFacts): UpkeepRefusal | null {
  if (server.stage === 'disposed' && name !== 'release')
    return coded('disposed', `The server ${server.uuid} was disposed of.`);
  return RULES[name](server);
}

function stageRefusal(
  stages: readonly Stage[],
  stage: Stage,
  words: string,
  end = '.',
): CodedText<'stage'> | null {
  if (stages.includes(stage)) return null;
  const names = [stages.slice(0, -1).join(', '), stages.at(-1)].join(' and ');
  return coded('stage', `${words} ${names}${end}`, { stage, stages: stages.join(', ') });
}
