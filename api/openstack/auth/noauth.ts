import type { Authenticator } from '../../http/authenticator.ts';

/** auth_strategy noauth: everybody may do everything but see secrets. Identity headers are not looked at. */
export function createNoauth(): Authenticator {
  return {
    async authenticate(_headers, request_id) {
      return {
        request_id,
        user_id: null,
        project_id: null,
        system_scope: false,
        roles: [],
        service_roles: [],
        unrestricted: true,
      };
    },
  };
}
