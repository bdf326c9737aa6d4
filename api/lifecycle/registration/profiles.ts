import { serviceError } from '../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import type { ProfileRecord } from '../../../lifecycle/registration-records.ts';
import type { ApiRequest } from '../../openstack/handler.ts';
import type { LifecycleApi, LifecycleHandler } from '../handler.ts';
import {
  createRecord,
  deleteRecord,
  findRecord,
  listPage,
  type Resource,
  shown,
  updateRecord,
} from '../resource.ts';

const FIELDS = [
  ...(['name', 'description', 'owner', 'public', 'kernel', 'initrd', 'cmdline', 'squashfs'] as const),
  ...(['image', 'image_checksum', 'iso', 'install_script', 'template_kind', 'template'] as const),
];

const PROFILE: Resource<ProfileRecord> = {
  kind: 'Profile',
  collection: 'profiles',
  param: 'profile',
  table: (store) => store.profiles,
  // Passwords may be in them.
  unsaid: ['cmdline', 'install_script', 'template'],
  rules: { read: 'lifecycle:profile:list', write: 'lifecycle:profile:update' },
  searched: ['name', 'description', 'owner'],
  view: (record) => Object.fromEntries(FIELDS.map((field) => [field, record[field]])),
  read: (body, before) => {
    const after = { ...before, ...body } as Partial<ProfileRecord>;
    if (((after.template ?? null) === null) !== ((after.template_kind ?? null) === null))
      throw serviceError('InvalidParameterValue', {
        why: 'template and template_kind go together: give both or neither.',
      });
    if (((after.kernel ?? null) === null) !== ((after.initrd ?? null) === null))
      throw serviceError('InvalidParameterValue', {
        why: 'kernel and initrd go together: give both or neither.',
      });
    return body as Partial<ProfileRecord>;
  },
};

/** The profile that the path names, if the caller may see it. @throws NotFound */
export async function visibleProfile(
  request: Pick<ApiRequest, 'caller' | 'params'>,
  api: LifecycleApi,
): Promise<ProfileRecord> {
  const { policy } = api;
  const { caller } = request;
  policy.authorize('lifecycle:profile:list', {}, caller);
  const profile = await findRecord(api, request, PROFILE);
  const sees =
    profile.public ||
    (profile.owner !== null && profile.owner === caller.project_id) ||
    policy.allows('lifecycle:profile:list_all', {}, caller);
  if (!sees)
    throw serviceError('NotFound', { kind: PROFILE.kind, ident: request.params[PROFILE.param] ?? '' });
  return profile;
}

/** Who may publish a profile, or give it to another project. @throws NotAuthorized */
function checkSharing({ body, caller }: ApiRequest, { policy }: LifecycleApi): void {
  const given = body as JsonObject;
  const own = given.owner === undefined || given.owner === caller.project_id;
  if (given.public !== undefined || !own) policy.authorize('lifecycle:profile:share', {}, caller);
}

export const PROFILE_HANDLERS: Readonly<Record<string, LifecycleHandler>> = {
  'lifecycle.profiles.list': async (request, api) => {
    const { caller } = request;
    if (api.policy.allows('lifecycle:profile:list_all', {}, caller)) return listPage(request, api, PROFILE);
    api.policy.authorize('lifecycle:profile:list', {}, caller);
    // The repository has no "or": a project sees its own here, and the public ones with ?public=true.
    const where = request.query.public === 'true' ? { public: true } : { owner: caller.project_id ?? '' };
    return listPage(request, api, PROFILE, where);
  },
  'lifecycle.profiles.show': async (request, api) => ({
    status: 200,
    body: shown(PROFILE, await visibleProfile(request, api)),
  }),
  'lifecycle.profiles.create': async (request, api) => {
    const { caller } = request;
    api.policy.authorize('lifecycle:profile:create', {}, caller);
    checkSharing(request, api);
    const shares = api.policy.allows('lifecycle:profile:share', {}, caller);
    const values = PROFILE.read(request.body as JsonObject, null);
    const owner = values.owner ?? (shares ? null : caller.project_id);
    const made = await createRecord(request, api, PROFILE, { ...values, owner });
    return { status: 201, body: shown(PROFILE, made) };
  },
  'lifecycle.profiles.update': async (request, api) => {
    const before = await visibleProfile(request, api);
    api.policy.authorize(PROFILE.rules.write, { 'node.owner': before.owner }, request.caller);
    checkSharing(request, api);
    return { status: 200, body: shown(PROFILE, await updateRecord(request, api, PROFILE, before)) };
  },
  'lifecycle.profiles.delete': async (request, api) => {
    const record = await visibleProfile(request, api);
    api.policy.authorize(PROFILE.rules.write, { 'node.owner': record.owner }, request.caller);
    return deleteRecord(request, api, PROFILE, record);
  },
};
