import type { Clock } from '../lifecycle/clock.ts';

/** Something that a process depends on. */
export interface Dependency {
  name: string;
  /** Without it the process is not ready. False: it works on, only worse, and readiness merely tells. */
  required: boolean;
  /** What is missing, in words for the operator; null: nothing. What it throws is only called "cannot be checked". */
  missing(): Promise<string | null> | string | null;
}

export interface HealthReport {
  ready: boolean;
  /** Dependency → what is missing; those that are well are absent. */
  missing: Readonly<Record<string, string>>;
}

/** Whether a process can take work. */
export interface Health {
  depends(dependency: Dependency): void;
  /** `starting` until all is composed; `ending` once the process takes no more work. */
  enter(phase: 'ready' | 'ending'): void;
  /** Asks all dependencies. Askers at the same time share one answer, so that they cost no more than one. */
  report(): Promise<HealthReport>;
}

const CHECK_TIMEOUT_MS = 2000;

export function createHealth(clock: Clock): Health {
  const dependencies: Dependency[] = [];
  let phase: 'starting' | 'ready' | 'ending' = 'starting';
  let asked: Promise<HealthReport> | null = null;

  async function ask(): Promise<HealthReport> {
    const answers = await Promise.all(
      dependencies.map(async ({ name, required, missing }) => ({
        name,
        required,
        why: await answerOf(clock, missing),
      })),
    );
    const lacking = answers.filter(({ why }) => why !== null);
    const missing: Record<string, string> = Object.fromEntries(
      lacking.map(({ name, why }) => [name, why ?? '']),
    );
    if (phase !== 'ready') missing.process = `The process is ${phase}.`;
    return { ready: phase === 'ready' && !lacking.some(({ required }) => required), missing };
  }

  return {
    depends: (dependency) => void dependencies.push(dependency),
    enter: (next) => {
      phase = next;
    },
    report: () => {
      asked ??= ask().finally(() => {
        asked = null;
      });
      return asked;
    },
  };
}

async function answerOf(clock: Clock, missing: Dependency['missing']): Promise<string | null> {
  const answered = new AbortController();
  const overdue = clock.sleep(CHECK_TIMEOUT_MS, answered.signal).then(
    () => `No answer in ${CHECK_TIMEOUT_MS / 1000} s.`,
    () => null,
  );
  try {
    return await Promise.race([Promise.resolve().then(missing), overdue]);
  } catch {
    return 'Cannot be checked: the log says more.';
  } finally {
    answered.abort();
  }
}
