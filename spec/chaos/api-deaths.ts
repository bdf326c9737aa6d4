import { setTimeout as sleep } from 'node:timers/promises';
import type { JobRecord } from '../../lifecycle/job.ts';
import { eventually } from '../services/eventually.ts';
import type { Figures } from './figures.ts';
import type { Site } from './site.ts';

/** Share of the requests that are answered before the API's process dies, by round; the others are at all stages of their work. */
const ANSWERED = [0.5, 0.02, 0.25, 0.8, 0.1, 0];
/** The death of a process that has answered none comes while its first requests come in. */
const FIRST_MS = 20;
const STUCK_AFTER_MS = 60_000;

/**
 * The API's process dies while every node is asked for a power action. What was answered 202 has become a job, once; what was
 * not answered has become one or none; every job ends, and no node is held.
 */
export async function apiDeaths(site: Site, figures: Figures, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const target = round % 2 === 0 ? 'power on' : 'power off';
    const before = await jobs(site);
    const wanted = Math.ceil((ANSWERED[round % ANSWERED.length] ?? 0) * site.subjects.length);
    let answered = 0;
    let reached = (): void => {};
    const enough = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const asked = Promise.all(
      site.subjects.map(async ({ uuid }) => {
        const path = `/v1/nodes/${uuid}/states/power`;
        const status = await site.api.request('PUT', path, { target }).then(
          (answer) => answer.status,
          () => null,
        );
        if (++answered >= wanted) reached();
        return { uuid, status };
      }),
    );
    await (wanted === 0 ? sleep(FIRST_MS) : enough);
    await site.api.kill();
    const answers = await asked;
    await site.api.start();
    figures.api_deaths += 1;
    for (const { status } of answers)
      if (status === null) figures.requests_unanswered += 1;
      else figures.requests_answered += 1;
    await eventually(() => rested(site), STUCK_AFTER_MS).catch((error: unknown) => {
      figures.stuck.push(`after a death of the API: ${error instanceof Error ? error.message : error}`);
    });
    const after = await jobs(site);
    for (const { uuid, status } of answers) {
      const known = new Set(before.get(uuid)?.map(({ id }) => id));
      const made = (after.get(uuid) ?? []).filter(({ id }) => !known.has(id));
      const name = `${target}, answered ${status}`;
      if (status === 202 && made.length === 0) figures.lost.push(`${name}: no job`);
      if (made.length > 1) figures.run_twice.push(`${name}: ${made.length} jobs`);
      for (const job of made) if (job.state !== 'done') figures.failed.push(`${name}: ${job.error?.message}`);
      const node = await site.read({ uuid });
      if (made.length > 0 && node.power_state !== target)
        figures.lost.push(`${name}: the power is ${node.power_state}`);
    }
  }
}

async function jobs({ store }: Site): Promise<Map<string | null, JobRecord[]>> {
  const by_node = new Map<string | null, JobRecord[]>();
  for (const job of await store.jobs.list({ where: { kind: 'power' } }))
    by_node.set(job.node_uuid, [...(by_node.get(job.node_uuid) ?? []), job]);
  return by_node;
}

async function rested({ store }: Site): Promise<void> {
  const live = await store.jobs.backlog();
  const held = (await store.nodes.list()).filter(({ reservation }) => reservation !== null);
  if (live.length + held.length > 0)
    throw new Error(
      `${live.map(({ kind, state, count }) => `${count} ${kind} ${state}`).join()}; held: ${held.map(({ name }) => name).join()}`,
    );
}
