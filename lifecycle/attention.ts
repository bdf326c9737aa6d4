import type { AttentionFacts } from './stages.ts';
import { isFail } from './states.ts';

/** What a person has to look after, in words; empty exactly when `needsAttention` says that nobody has to. Pure. */
export function attentionReasons(server: AttentionFacts): string[] {
  if (server.disposed_at !== null) return [];
  const { fault, health, quarantined, stalled_at, troubled, provision_state } = server;
  const reasons: string[] = [];
  if (provision_state === 'error' || isFail(provision_state))
    reasons.push(
      `The work on it ${provision_state.endsWith('hold') ? 'holds' : 'failed'}: provision state "${provision_state}".`,
    );
  if (stalled_at !== null)
    reasons.push('Its deploy makes no progress: look at its console, or abort the deploy.');
  if (fault !== null) reasons.push(`It was taken out of work: ${fault}.`);
  if (quarantined) reasons.push('It is in quarantine, and goes into stock only once it is released.');
  if (health === 'Critical') reasons.push('Its hardware reports a critical condition.');
  if (troubled) reasons.push('The last thing that was tried with it failed: see its timeline.');
  return reasons;
}
