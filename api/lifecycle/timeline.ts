import { serviceError } from '../../lifecycle/errors.ts';
import type { JobRecord, JournalEntry } from '../../lifecycle/job.ts';
import { isUuidLike } from '../http/value-syntax.ts';
import { findNodeFor } from '../openstack/node-access.ts';
import type { LifecycleHandler } from './handler.ts';
import { attemptView } from './timeline-view.ts';

const RULE = 'baremetal:node:history:get';
const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;
/** Newest history entries that are looked through; more are kept only until the next trim. */
const MAX_EVENTS = 1000;

/** GET /lifecycle/v1/servers/{server}/timeline: everything that took the node, newest first. */
export const showTimeline: LifecycleHandler = async (request, api) => {
  const node = await findNodeFor(api, { ...request, params: { node: request.params.server ?? '' } }, RULE);
  const { store } = api;
  const limit = Math.min(Number(request.query.limit ?? DEFAULT_LIMIT), MAX_LIMIT);
  const marker = request.query.marker;
  const after = marker === undefined ? null : await attemptOf(marker);
  // One more than shown tells whether there is a next page.
  const found = await store.jobs.list({
    where: { node_uuid: node.uuid, exclusive: true },
    sort_dir: 'desc',
    limit: limit + 1,
    ...(after === null ? {} : { after_id: after.id }),
  });
  const jobs = found.slice(0, limit);
  const journals = groupByJob(await store.jobs.journals(jobs.map(({ id }) => id)));
  const history = await store.history.list(node.uuid, { sort_dir: 'desc', limit: MAX_EVENTS });
  history.reverse();
  const attempts = jobs.map((job, index) =>
    attemptView(
      { job, journal: journals.get(job.id) ?? [], history, newest: after === null && index === 0 },
      node,
    ),
  );
  const last = jobs.at(-1);
  const path = `${request.base_url}/lifecycle/v1/servers/${node.uuid}/timeline`;
  const next = found.length > limit && last ? { next: `${path}?limit=${limit}&marker=${last.uuid}` } : {};
  return { status: 200, body: { attempts, ...next } };

  /** @throws NotFound: also for an attempt with another node, which the caller may not see. */
  async function attemptOf(uuid: string): Promise<JobRecord> {
    const job = isUuidLike(uuid) ? await store.jobs.getByUuid(uuid.toLowerCase()) : null;
    if (job === null || job.node_uuid !== node.uuid)
      throw serviceError('NotFound', { kind: 'Attempt', ident: uuid });
    return job;
  }
};

function groupByJob(entries: readonly JournalEntry[]): Map<number, JournalEntry[]> {
  const groups = new Map<number, JournalEntry[]>();
  for (const entry of entries) {
    const group = groups.get(entry.job_id);
    if (group === undefined) groups.set(entry.job_id, [entry]);
    else group.push(entry);
  }
  return groups;
}
