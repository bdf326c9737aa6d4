import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import express, { type Router } from 'express';
import { admit, type PortalDoor } from '../api/portal/admit.ts';
import type { IdentityDoor } from '../api/portal/identity-door.ts';
import { keystoneDoor } from '../api/portal/keystone-door.ts';
import { portalPages } from '../api/portal/pages.ts';
import { createSessionSeal } from '../api/portal/session-cookie.ts';
import { portalSessions } from '../api/portal/sessions.ts';
import { projectRoot } from '../config/project-root.ts';
import { consoleAddress } from '../lifecycle/console.ts';
import { openJsonHttp } from '../net/json-http.ts';
import type { Base } from './compose-base.ts';
import type { Parts } from './parts.ts';
import { secretKeys } from './secret-keys.ts';

/** The portal, and what lets its requests in to the APIs. */
export interface Portal {
  /** To be mounted at /portal. */
  router: Router;
  /** To be called with every request before an API sees it. */
  admit: (request: Parameters<typeof admit>[0]) => void;
}

const MAX_CONNECTIONS = 8;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** The portal, where it is enabled and people can sign in: null otherwise. @param embedded_door the identity service of this process */
export async function composePortal(
  parts: Parts,
  { settings, log, clock }: Base,
  options: { url: string; embedded: boolean; embedded_door: IdentityDoor | null },
): Promise<Portal | null> {
  if (!settings.portal.enabled || settings.DEFAULT.auth_strategy !== 'keystone') return null;
  const { url, embedded } = options;
  const keys = await secretKeys(settings, embedded);
  const sealing = [keys.current, ...[...keys.by_id.values()].filter((key) => key !== keys.current)].map(
    ({ key }) => derived(key),
  ) as [KeyObject, ...KeyObject[]];
  const door: PortalDoor = {
    seal: createSessionSeal(sealing),
    clock,
    secure: url.startsWith('https:'),
    origins: [new URL(url).origin],
  };
  const identity = options.embedded_door ?? remoteDoor(parts, { settings, log, clock });
  const router = express.Router();
  router.use('/session', portalSessions({ door, identity, log }));
  router.use(portalPages(join(projectRoot, 'dist/portal'), consoleAddress(settings.gateway)));
  return { router, admit: (request) => admit(request, door) };
}

/** A key for sessions alone, so that nothing of one use can be taken for the other. */
function derived(key: KeyObject): KeyObject {
  return createSecretKey(
    Buffer.from(hkdfSync('sha256', key.export(), Buffer.alloc(0), 'kurogane portal session', 32)),
  );
}

function remoteDoor(
  parts: Parts,
  { settings, log, clock }: Pick<Base, 'settings' | 'log' | 'clock'>,
): IdentityDoor {
  const { auth_url, cafile, http_request_timeout } = settings.keystone_authtoken;
  const { lockout_failure_attempts, lockout_duration } = settings.identity;
  const http = openJsonHttp({
    cafile,
    timeout_s: http_request_timeout,
    connections: MAX_CONNECTIONS,
    most_bytes: MAX_ANSWER_BYTES,
  });
  parts.defer(() => http.close());
  const throttle = { attempts: lockout_failure_attempts, longest_s: lockout_duration };
  return keystoneDoor({ http, auth_url, throttle, clock, log });
}
