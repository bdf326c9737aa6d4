import type { Match } from '../../db/store.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { PeriodicContext } from './periodic.ts';

const PAGE = 500;

/** The nodes that the hash ring gives to this conductor, page by page, so that ten thousand cost no memory. */
export async function* ownNodes<F extends keyof NodeRecord & string>(
  ctx: PeriodicContext,
  where: Match<NodeRecord>,
  fields: readonly F[],
): AsyncGenerator<Pick<NodeRecord, F | 'id' | 'uuid' | 'driver' | 'conductor_group'>> {
  const { conductor_group } = ctx.registration;
  for (let after_id = 0; ; ) {
    const page = await ctx.store.nodes.list({
      where: { ...where, conductor_group },
      fields: ['uuid', 'driver', 'conductor_group', ...fields],
      include_children: true,
      limit: PAGE,
      after_id,
    });
    const hostOf = await ctx.placement.hostFinder();
    for (const node of page) if (hostOf(node) === ctx.hostname) yield node;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE || ctx.signal.aborted) return;
    after_id = last.id;
  }
}
