import { type CodedText, coded } from './coded-text.ts';
import type { AttentionFacts } from './stages.ts';
import { isFail } from './states.ts';

export type AttentionCode =
  | 'state-failed'
  | 'state-held'
  | 'stalled'
  | 'fault'
  | 'quarantine'
  | 'critical'
  | 'troubled';

/** What a person has to look after; empty exactly when `needsAttention` says that nobody has to. Pure. */
export function attentionReasons(server: AttentionFacts): CodedText<AttentionCode>[] {
  if (server.disposed_at !== null) return [];
  const { fault, health, quarantined, stalled_at, troubled, provision_state: state } = server;
  const reasons: CodedText<AttentionCode>[] = [];
  if (state === 'error' || isFail(state))
    reasons.push(
      state.endsWith('hold')
        ? coded('state-held', `The work on it holds: provision state "${state}".`, { state })
        : coded('state-failed', `The work on it failed: provision state "${state}".`, { state }),
    );
  if (stalled_at !== null)
    reasons.push(coded('stalled', 'Its deploy makes no progress: look at its console, or abort the deploy.'));
  if (fault !== null) reasons.push(coded('fault', `It was taken out of work: ${fault}.`, { fault }));
  if (quarantined)
    reasons.push(coded('quarantine', 'It is in quarantine, and goes into stock only once it is released.'));
  if (health === 'Critical') reasons.push(coded('critical', 'Its hardware reports a critical condition.'));
  if (troubled)
    reasons.push(coded('troubled', 'The last thing that was tried with it failed: see its timeline.'));
  return reasons;
}
