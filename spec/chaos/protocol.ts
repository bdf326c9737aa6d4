import type { Settings } from '../../config/options.ts';

/** What a conductor of the chaos run is started with. Sent over the process' own channel: no secret is in its arguments. */
export interface StartOrder {
  type: 'start';
  hostname: string;
  connection: string;
  transport_url: string;
  key: string;
  settings: { [G in keyof Settings]?: Partial<Settings[G]> };
}

/**
 * What becomes of work that came to a point. `hold`: it stays there for ever, with nothing half written: a transaction is
 * rolled back first, as the death of the process would. `hold-open`: it stays inside its open transaction.
 */
export type Verdict = 'go' | 'hold' | 'hold-open';

export type ToConductor =
  | StartOrder
  | { type: 'verdict'; id: number; verdict: Verdict }
  /** Whatever is held goes on. */
  | { type: 'release' }
  | { type: 'count' };

export type FromConductor =
  | { type: 'ready' }
  /** Work on a node came to a point and waits for a verdict. */
  | { type: 'at'; id: number; node_uuid: string; point: string }
  | { type: 'held'; id: number }
  | { type: 'running'; jobs: number };
