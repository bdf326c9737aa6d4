import { type ConductorProcess, startConductorProcess } from './conductor-process.ts';
import type { FromConductor, StartOrder, Verdict } from './protocol.ts';

/** Work that is held at a point inside a conductor. */
export interface Held {
  process: ConductorProcess;
  node_uuid: string;
  point: string;
}

export interface Crew extends AsyncDisposable {
  readonly processes: readonly ConductorProcess[];
  /** Work that is held now. */
  held(): readonly Held[];
  start(hostname: string): ConductorProcess;
  /** SIGKILL. Resolves with what was held in it, when it is gone. */
  kill(process: ConductorProcess): Promise<Held[]>;
  /** What a process holds, which counts as held no more. */
  take(process: ConductorProcess): Held[];
}

/** The conductor processes, and the work that they hold. `judge` is asked about every point that work comes to. */
export function createCrew(
  order: (hostname: string) => StartOrder,
  judge: (process: ConductorProcess, node_uuid: string, point: string) => Verdict,
): Crew {
  const processes = new Set<ConductorProcess>();
  const stopping = new Map<ConductorProcess, Map<number, Held>>();
  const held = new Set<Held>();

  function hear(process: ConductorProcess, message: FromConductor): void {
    if (message.type === 'at') {
      const { id, node_uuid, point } = message;
      const verdict = judge(process, node_uuid, point);
      if (verdict !== 'go') stopping.get(process)?.set(id, { process, node_uuid, point });
      process.send({ type: 'verdict', id, verdict });
    } else if (message.type === 'held') {
      const work = stopping.get(process)?.get(message.id);
      if (work !== undefined) held.add(work);
    }
  }

  function take(process: ConductorProcess): Held[] {
    const taken = [...held].filter((work) => work.process === process);
    for (const work of taken) held.delete(work);
    return taken;
  }

  return {
    get processes() {
      return [...processes];
    },
    held: () => [...held],
    start: (hostname) => {
      const process = startConductorProcess(order(hostname), hear);
      processes.add(process);
      stopping.set(process, new Map());
      return process;
    },
    kill: async (process) => {
      await process.kill();
      processes.delete(process);
      stopping.delete(process);
      return take(process);
    },
    take,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...processes].map((process) => process.kill()));
    },
  };
}
