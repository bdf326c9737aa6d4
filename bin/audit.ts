import type { Settings } from '../config/options.ts';
import type { AuditHead } from '../lifecycle/audit.ts';
import { composeStore } from './compose-base.ts';
import { StartError } from './start-error.ts';

/** `kurogane audit verify`. Resolves with whether the chain is whole, and words for the operator. */
export async function verifyAudit(
  settings: Settings,
  anchor: string | undefined,
): Promise<{ whole: boolean; text: string }> {
  const known = anchor === undefined ? undefined : parseAnchor(anchor);
  await using store = await composeStore(settings, false);
  const { head, broken } = await store.audit.verify(known);
  if (broken !== null)
    return { whole: false, text: `The audit is broken at entry ${broken.id}: ${broken.why}` };
  return {
    whole: true,
    text: `The audit is whole: ${head.id} ${head.id === 1 ? 'entry' : 'entries'}. Its end, to keep elsewhere and to compare with later (--anchor): ${head.id}:${head.hash}`,
  };
}

/** `kurogane audit list`: JSON lines, newest first. */
export async function listAudit(
  settings: Settings,
  { node, before, limit }: { node?: string; before?: string; limit: string },
): Promise<string> {
  await using store = await composeStore(settings, false);
  const entries = await store.audit.list({
    ...(node === undefined ? {} : { node_uuid: node }),
    ...(before === undefined ? {} : { before_id: wholeNumber('--before', before) }),
    limit: wholeNumber('--limit', limit),
  });
  return entries
    .map(({ created_at, ...entry }) =>
      JSON.stringify({ created_at: new Date(created_at).toISOString(), ...entry }),
    )
    .join('\n');
}

/** @throws StartError */
function parseAnchor(text: string): AuditHead {
  const [, id, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (id === undefined || hash === undefined)
    throw new StartError(
      '--anchor is what "kurogane audit verify" has printed: a number, a colon and a hash.',
    );
  return { id: Number(id), hash };
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new StartError(`${name} is a whole number.`);
  return Number(text);
}
