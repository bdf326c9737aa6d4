import type { New, Store } from '../../db/store.ts';
import type { ConsoleLinkRecord } from '../../lifecycle/console.ts';

/** Tells other processes where a conductor gives them its consoles, in place of what it said when it started before. */
export async function publishLink(
  { console_links }: Pick<Store, 'console_links'>,
  link: New<ConsoleLinkRecord> & Pick<ConsoleLinkRecord, 'conductor'>,
): Promise<void> {
  // Without its secret: the key that encrypted it may be gone, and another one comes anyway.
  const where = { conductor: link.conductor };
  const [before] = await console_links.list({ where, fields: ['uuid'], limit: 1 });
  if (before === undefined) await console_links.create(link);
  else await console_links.update(before.uuid, link);
}
