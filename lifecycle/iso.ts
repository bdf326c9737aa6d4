import type { EpochMs, Stored } from './records.ts';
import type { ServerRecord } from './server-record.ts';

/**
 * - `uploading`: bytes are missing.
 * - `ready`: all are there, and their checksum is what was given.
 * - `refused`: their checksum is another one.
 */
export type IsoState = 'uploading' | 'ready' | 'refused';

/** An ISO image that somebody brought. Its bytes are a file of the name `uuid` in a folder. */
export interface IsoRecord extends Stored {
  uuid: string;
  name: string;
  /** Whose it is; null: the provider's. */
  project: string | null;
  user: string | null;
  size_bytes: number;
  /** What came so far, from the start on. */
  received_bytes: number;
  /** SHA-256 in hex: as it was given, and once it is ready as it is. */
  sha256: string | null;
  state: IsoState;
  expires_at: EpochMs;
}

/** The right of one server's BMC to read an ISO image. */
export interface IsoMountRecord extends Stored {
  uuid: string;
  iso_uuid: string;
  server_uuid: string;
  /** SHA-256 of what stands in the URL, in hex. */
  token_hash: string;
  expires_at: EpochMs;
}

/** Most bytes of one part of an upload: a part has to come within a minute. */
export const PART_BYTES = 16 * 1024 * 1024;
/** Of a project. */
export const MOST_ISOS = 100;
/** How long a BMC may read an image that was put into its drive. */
export const MOUNT_MS = 24 * 3_600_000;
/** Where BMCs read images, below the address of the boot service. */
export const ISO_PATH = '/isos/';

/** The folder that API processes and boot services share. Pure. */
export function isoFolder(path: string, state_path: string): string {
  return path === '' ? `${state_path}/isos` : path;
}

/** Whether a server's BMC may read an image now. Pure. */
export function mayRead(
  iso: IsoRecord | null,
  mount: Pick<IsoMountRecord, 'expires_at'>,
  server: ServerRecord | null,
  now: EpochMs,
): boolean {
  if (iso?.state !== 'ready' || server === null) return false;
  if (mount.expires_at <= now || iso.expires_at <= now) return false;
  return iso.project === null || server.lessee === iso.project || server.owner === iso.project;
}
