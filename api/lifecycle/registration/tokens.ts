import { createHash, randomBytes } from 'node:crypto';
import type { JsonObject } from '../../../lifecycle/json.ts';
import type { EnrolmentTokenRecord } from '../../../lifecycle/registration-records.ts';
import type { LifecycleHandler } from '../handler.ts';
import { isoTime } from '../iso-time.ts';
import { createRecord, deleteRecord, findRecord, listPage, type Resource, shown } from '../resource.ts';

const TOKEN: Resource<EnrolmentTokenRecord> = {
  kind: 'Enrolment token',
  collection: 'enrolment-tokens',
  param: 'token',
  table: (store) => store.enrolment_tokens,
  rules: { read: 'lifecycle:registration:get', write: 'lifecycle:enrolment_token:manage' },
  searched: ['name'],
  view: ({ name, uses_left, expires_at, last_used_at }) => ({
    ...{ name, uses_left },
    expires_at: isoTime(expires_at),
    last_used_at: isoTime(last_used_at),
  }),
  read: (body) => body as Partial<EnrolmentTokenRecord>,
};

const TOKEN_BYTES = 32;

export const TOKEN_HANDLERS: Readonly<Record<string, LifecycleHandler>> = {
  'lifecycle.tokens.list': async (request, api) => {
    api.policy.authorize(TOKEN.rules.read, {}, request.caller);
    return listPage(request, api, TOKEN);
  },
  /** POST /v1/enrolment-tokens: the only answer that has the token itself. */
  'lifecycle.tokens.create': async (request, api) => {
    api.policy.authorize(TOKEN.rules.write, {}, request.caller);
    const { name, uses, lifetime_s } = request.body as JsonObject;
    const token = `kg-${randomBytes(TOKEN_BYTES).toString('base64url')}`;
    const now = await api.store.now();
    const made = await createRecord(request, api, TOKEN, {
      name: String(name),
      token_hash: createHash('sha256').update(token).digest('hex'),
      uses_left: typeof uses === 'number' ? uses : null,
      expires_at: typeof lifetime_s === 'number' ? now + lifetime_s * 1000 : null,
    });
    return { status: 201, body: { ...shown(TOKEN, made), token } };
  },
  'lifecycle.tokens.delete': async (request, api) => {
    api.policy.authorize(TOKEN.rules.write, {}, request.caller);
    return deleteRecord(request, api, TOKEN, await findRecord(api, request, TOKEN));
  },
};
