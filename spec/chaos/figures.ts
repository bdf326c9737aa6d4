/** What a chaos run found out. */
export interface Figures {
  nodes: number;
  /** Pieces of work that a SIGKILL met at a chosen point. */
  kill_points: number;
  /** Of these, those that met work which had been killed in the same stretch of its node's life already. */
  killed_again: number;
  /** Points of a stretch at which work was killed: `deploy deploy.write_image: agent standby.prepare_image, after`. */
  distinct_points: number;
  /** Points that work was ever seen at, also after deaths. */
  known_points: number;
  /** Known points that no death met. */
  unmet: string[];
  conductors_killed: number;
  conductors_paused: number;
  /** Pieces of work that were paused past their lease at a chosen point. */
  pause_points: number;
  mariadb_restarts: number;
  rabbitmq_restarts: number;
  /** MariaDB crashed while RabbitMQ was away. */
  both_away: number;
  /** RabbitMQ could not be reached, and no connection was closed. */
  partitions: number;
  /** The conductors' queue was deleted while work ran. */
  queues_deleted: number;
  /** The API's process was killed while it had requests: those that it had answered, and those that it did not. */
  api_deaths: number;
  requests_answered: number;
  requests_unanswered: number;
  /** Of `stretches_lived`: with BMCs that misbehave. */
  stretches_with_bmc_faults: number;
  stretches_lived: number;
  /** The judgements. Each line names the node's stretch, the points of its kills, and what was found. */
  stuck: string[];
  lost: string[];
  run_twice: string[];
  /** Work that ended in a failure although every step of it survives a death. */
  failed: string[];
  not_released: string[];
  /** Writes of a conductor that was paused past its lease, and commands to BMCs and agents. */
  not_fenced: string[];
  /** Times from the end of a dead conductor's lease to the next thing that another did for the node. */
  resumes: number;
  resume_ms: { p50: number; p99: number; max: number };
  seconds: number;
}

export const VERDICTS = ['stuck', 'lost', 'run_twice', 'failed', 'not_released', 'not_fenced'] as const;

/** The p-th percentile, 0 of nothing. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? 0;
}
