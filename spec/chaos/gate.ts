import type { FromConductor, ToConductor, Verdict } from './protocol.ts';

/** Where work in a conductor of the chaos run asks whether it may go on. */
export interface Gate {
  /** Resolves with what is to become of the work at this point. */
  ask(node_uuid: string, point: string): Promise<{ id: number; verdict: Verdict }>;
  /** Says that the work is held; resolves when everything is released. */
  hold(id: number): Promise<void>;
  /** Asks, and holds if so told. */
  pass(node_uuid: string, point: string): Promise<void>;
  answer(message: ToConductor): void;
}

export function createGate(send: (message: FromConductor) => void): Gate {
  const asked = new Map<number, (verdict: Verdict) => void>();
  const held: (() => void)[] = [];
  let last_id = 0;
  const gate: Gate = {
    ask: (node_uuid, point) => {
      const id = ++last_id;
      return new Promise((resolve) => {
        asked.set(id, (verdict) => resolve({ id, verdict }));
        send({ type: 'at', id, node_uuid, point });
      });
    },
    hold: (id) =>
      new Promise((resolve) => {
        held.push(resolve);
        send({ type: 'held', id });
      }),
    pass: async (node_uuid, point) => {
      const { id, verdict } = await gate.ask(node_uuid, point);
      if (verdict !== 'go') await gate.hold(id);
    },
    answer: (message) => {
      if (message.type === 'release') for (const resolve of held.splice(0)) resolve();
      if (message.type !== 'verdict') return;
      asked.get(message.id)?.(message.verdict);
      asked.delete(message.id);
    },
  };
  return gate;
}
