import type { FasterTime } from '../../db/faster-now.ts';
import type { settingsWith } from '../conductor/conductor-bench.ts';

/** What a service process of the soak is told at its start. */
export interface StartOrder {
  hostname: string;
  connection: string;
  transport_url: string;
  key: string;
  time: FasterTime;
  /** Holds the power of the servers of the fake driver. */
  power_file: string;
  /** Whether it serves the API besides. */
  api: boolean;
  settings: Parameters<typeof settingsWith>[0];
}

export type ToService = { type: 'start'; order: StartOrder } | { type: 'sample' };

export type FromService = { type: 'ready'; url: string | null } | { type: 'sample'; sample: ProcessSample };

/** What a process holds. */
export interface ProcessSample {
  rss_mib: number;
  heap_mib: number;
  /** What V8 has taken from the system for its heap, in use or not, and buffers outside of it. */
  heap_taken_mib: number;
  external_mib: number;
  /** What keeps Node's event loop busy: timers, sockets, pipes. */
  handles: number;
  sockets: number;
  jobs_running: number;
}
