import { createHash, timingSafeEqual } from 'node:crypto';
import type { DriverRegistry } from '../../drivers/registry.ts';
import type { Caller } from '../../lifecycle/caller.ts';
import type { RequestDeps } from '../requests/reserve.ts';

export interface RegistrationDeps extends RequestDeps {
  /** Drivers say by which keys of driver_info a BMC is reached; null: none of the nodes gets a BMC. */
  drivers: Pick<DriverRegistry, 'get'> | null;
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Whether `secret` has this hash; takes the same time whatever differs. */
export function isSecret(secret: string, hash: string | null): boolean {
  const given = Buffer.from(sha256(secret));
  const known = Buffer.from(hash ?? '');
  return given.length === known.length && timingSafeEqual(given, known);
}

/** Who registers, in audit and history. */
export function registrant(request_id: string): Caller {
  return {
    request_id,
    user_id: 'registration',
    project_id: null,
    system_scope: false,
    roles: [],
    service_roles: [],
    unrestricted: false,
  };
}
