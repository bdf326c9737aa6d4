import { useText } from '../text/text.ts';

const WORDS = [
  'open',
  'active',
  'done',
  'partial',
  'failed',
  'cancelled',
  'waiting',
  'claimed',
  'building',
  'stopping',
  'working',
  'restoring',
  'missed',
  'pending',
  'revoking',
  'revoked',
  'refused',
  'queued',
  'sent',
  'dead',
  'dropped',
] as const;

export type OutcomeState = (typeof WORDS)[number];

/** How far a piece of work is, or what came of it. */
export function Outcome({ state }: { state: OutcomeState }) {
  const say = useText();
  return <span className={`k-outcome k-outcome-${state}`}>{say(`outcome.${state}`)}</span>;
}
