import type { JsonObject } from './json.ts';
import type { EpochMs, Stored } from './records.ts';
import type { ServerRecord } from './server-record.ts';
import { isProviders, type ToolSide } from './tools.ts';

/** How the holder reaches the BMC: on its own address, or only through the gateway. */
export const LEASE_ACCESS = ['direct', 'gateway'] as const;
export type LeaseAccess = (typeof LEASE_ACCESS)[number];

/** Least to most; an administrator's is never leased. */
export const LEASE_ROLES = ['read-only', 'operator'] as const;
export type LeaseRole = (typeof LEASE_ROLES)[number];

/**
 * - `pending`: its account is being made.
 * - `active`: good until `expires_at`.
 * - `revoking`: good for nothing any more; its account on the BMC is being deleted.
 * - `revoked`: the account is gone.
 */
export type LeaseState = 'pending' | 'active' | 'revoking' | 'revoked';

/** An account on a BMC, for a while. */
export interface BmcLeaseRecord extends Stored {
  uuid: string;
  server_uuid: string;
  /** Who may see it, and what the server has to belong to; null: the provider's. */
  project: string | null;
  user: string | null;
  side: ToolSide;
  access: LeaseAccess;
  role: LeaseRole;
  /** Name of the account on the BMC; what the holder logs in with, there or at the gateway. */
  username: string;
  /** SHA-256 of what the holder was told, in hex. */
  password_hash: string;
  /**
   * `{password}` of the account on the BMC, where the gateway uses it for the holder; and `{holder_password}`, which the holder was told,
   * where who logs in only proves to know it (IPMI v2.0 13.31). Else, and as soon as the lease is over, `{}`.
   */
  bmc: JsonObject;
  state: LeaseState;
  expires_at: EpochMs;
  revoked_at: EpochMs | null;
  /** Why it ended before its time, or is not ended yet. */
  last_error: string | null;
  attempts: number;
  /** When the account is tried to be deleted again. */
  next_at: EpochMs | null;
}

/** Accounts that one server may have leased at once: BMCs have room for few. */
export const LEASES_OF_A_SERVER = 3;
/** Names of leased accounts, by which those left behind are told from others. */
export const LEASE_NAME = /^kl-[0-9a-f]{8}$/;

/** Why a lease is not good any more; null: it is. Pure. */
export function leaseProblem(
  lease: Pick<BmcLeaseRecord, 'state' | 'expires_at' | 'side' | 'project'>,
  server: ServerRecord | null,
  now: EpochMs,
): string | null {
  if (lease.state !== 'active') return 'The lease was revoked.';
  if (lease.expires_at <= now) return 'The lease has expired.';
  if (server === null) return 'The server is gone.';
  if (lease.side === 'provider') return server.stage === 'disposed' ? 'The server was disposed of.' : null;
  if (server.lessee !== lease.project && server.owner !== lease.project)
    return 'The server is no longer the project’s.';
  if (server.stage !== 'in-use' && server.stage !== 'maintenance')
    return `The server is in the stage ${server.stage}.`;
  return isProviders({ ...server, busy: false }) ? 'The provider maintains the server.' : null;
}

/** Pause before the account is tried to be deleted again. Pure. */
export function leasePause_ms(attempts: number): number {
  return Math.min(300_000, 2000 * 2 ** Math.min(attempts, 10));
}
