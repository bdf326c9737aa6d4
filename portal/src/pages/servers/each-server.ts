import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { Server } from '../../api/types.ts';

/** What is done with one server. Never rejects. @param signal whoever shows what comes of it is gone */
type Work<Outcome> = (
  server: Server,
  tell: (outcome: Outcome) => void,
  signal: AbortSignal,
) => Promise<Outcome>;

const AT_ONCE = 6;

/** Does something with servers, a few at once, and keeps for each what came of it. @param waiting what stands for those whose turn has not come */
export function useEachServer<Outcome>(waiting: Outcome) {
  const client = useQueryClient();
  const [outcomes, setOutcomes] = useState<ReadonlyMap<string, Outcome> | null>(null);
  const leaving = useRef<AbortController | null>(null);
  useEffect(() => () => leaving.current?.abort(), []);

  async function run(servers: readonly Server[], work: Work<Outcome>): Promise<void> {
    const left = new AbortController();
    leaving.current = left;
    const set = (uuid: string, outcome: Outcome): void =>
      setOutcomes((before) => new Map(before ?? []).set(uuid, outcome));
    for (const { uuid } of servers) set(uuid, waiting);
    const rest = [...servers];
    const one = async (): Promise<void> => {
      for (let server = rest.shift(); server !== undefined; server = rest.shift()) {
        const { uuid } = server;
        set(uuid, await work(server, (outcome) => set(uuid, outcome), left.signal));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
    void client.invalidateQueries({ queryKey: ['servers'] });
  }

  /** null: nothing was begun. */
  return { outcomes, run };
}
