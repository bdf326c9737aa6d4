import { randomUUID } from 'node:crypto';
import { serviceError } from '../../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../../lifecycle/json.ts';
import type { RunbookRecord } from '../../../../lifecycle/records.ts';
import { LOGICAL_NAME } from '../../../http/value-syntax.ts';
import type { Api, ApiRequest, Handler } from '../../handler.ts';
import { type PatchStep, patchValues, readPatch, touches } from '../../json-patch.ts';
import { since } from '../../microversions.ts';
import { requireByIdent } from '../../named-object.ts';
import { listProject } from '../../node-access.ts';
import { readFields } from '../../paging.ts';
import {
  applyChanges,
  createRecord,
  deleteRecord,
  listReply,
  patchedChanges,
  type SimpleResource,
  wholeReply,
  writeChanges,
} from '../../simple-resource.ts';
import { refuseDuplicateSteps } from '../../step-lists.ts';
import { isTrait } from '../../traits.ts';
import { viewContext } from '../../view-context.ts';
import { RUNBOOK_VIEW } from '../../views/runbook.ts';

const KIND = 'Runbook';
const PATCHABLE = ['disable_ramdisk', 'extra', 'name', 'owner', 'public', 'steps'] as const;

/** Runbooks as a version of the API knows them: descriptions are younger than the rest. */
function runbooksAt(minor: number): SimpleResource<'runbook', RunbookRecord> {
  return {
    kind: KIND,
    object: 'runbook',
    collection: 'runbooks',
    view: RUNBOOK_VIEW,
    table: (tables) => tables.runbooks,
    patchable: since('runbook_traits', minor) ? [...PATCHABLE, 'description'] : PATCHABLE,
    schema: 'runbook',
    read: readRunbook,
  };
}

function readRunbook(body: JsonObject): Partial<RunbookRecord> {
  const steps = (body.steps as JsonObject[]).map((step) => ({ ...step, order: Number(step.order) }));
  refuseDuplicateSteps(steps);
  const text = (field: string) => (typeof body[field] === 'string' ? body[field] : null);
  return {
    name: String(body.name),
    steps,
    disable_ramdisk: body.disable_ramdisk === true,
    extra: (body.extra ?? {}) as JsonObject,
    public: body.public === true,
    owner: text('owner'),
    ...('description' in body ? { description: text('description') } : {}),
  };
}

/** GET /v1/runbooks: all, or the caller's own and the public ones. */
export const listRunbooks: Handler = (request, api) => {
  const project = listProject(api.policy, 'runbook', request.caller);
  const rows = runbooksAt(request.minor);
  return listReply(request, api, rows, project === undefined ? {} : { visible_to: project });
};

/** GET /v1/runbooks/{runbook} */
export const showRunbook: Handler = async (request, api) => {
  const view = api.views.get(RUNBOOK_VIEW, request.minor, readFields(request));
  const runbook = await findRunbook(api, request);
  if (!runbook.public) authorize(api, request, 'baremetal:runbook:get', runbook);
  return { status: 200, body: view.render(runbook, viewContext(request, api)) };
};

/** POST /v1/runbooks */
export const createRunbook: Handler = async (request, api) => {
  api.policy.authorize('baremetal:runbook:create', {}, request.caller);
  const body = request.body as JsonObject;
  if ('description' in body && !since('runbook_traits', request.minor)) {
    throw invalid('Additional properties are not allowed (description was unexpected).');
  }
  checkName(String(body.name), request.minor);
  authorizeSteps(api, request, body.steps as JsonObject[]);
  const read = readRunbook(body);
  const uuid = typeof body.uuid === 'string' ? body.uuid.toLowerCase() : randomUUID();
  const rows = runbooksAt(request.minor);
  const runbook = await createRecord(request, api, rows, { ...read, owner: ownerOf(request, read), uuid });
  return wholeReply(request, api, rows, runbook, 201);
};

/** PATCH /v1/runbooks/{runbook} */
export const patchRunbook: Handler = async (request, api) => {
  const rows = runbooksAt(request.minor);
  const steps = readPatch(request.body, rows.patchable, request.minor);
  const runbook = await findRunbook(api, request);
  for (const rule of patchRules(steps)) authorize(api, request, rule, runbook);
  checkOwnership(runbook, steps);
  const changes = patchedChanges(request, api, rows, runbook);
  if (patchValues(steps, '/public').length > 0 && patchValues(steps, '/owner').length === 0)
    changes.owner = null;
  if (touches(steps, 'steps')) authorizeSteps(api, request, changes.steps ?? runbook.steps);
  return wholeReply(request, api, rows, await applyChanges(request, api, rows, runbook, changes), 200);
};

/** DELETE /v1/runbooks/{runbook} */
export const deleteRunbook: Handler = async (request, api) => {
  const runbook = await findRunbook(api, request);
  authorize(api, request, 'baremetal:runbook:delete', runbook);
  await deleteRecord(request, api, runbooksAt(request.minor), runbook);
  return { status: 204 };
};

/** GET /v1/runbooks/{runbook}/traits */
export const listRunbookTraits: Handler = async (request, api) => {
  const runbook = await findRunbook(api, request);
  authorize(api, request, 'baremetal:runbook:get', runbook);
  return { status: 200, body: { traits: [...runbook.traits].sort() } };
};

/** PUT /v1/runbooks/{runbook}/traits: replaces all. */
export const replaceRunbookTraits: Handler = (request, api) =>
  changeTraits(request, api, () => (request.body as JsonObject).traits as string[]);

/** PUT /v1/runbooks/{runbook}/traits/{trait} */
export const addRunbookTrait: Handler = async (request, api) => {
  const trait = request.params.trait ?? '';
  if (!isTrait(trait))
    throw invalid(`"${trait}" is no trait: use a standard one or CUSTOM_ and A-Z, 0-9, _.`);
  await changeTraits(request, api, (traits) => [...traits, trait]);
  const path = `runbooks/${encodeURIComponent(request.params.runbook ?? '')}/traits/${trait}`;
  return { status: 204, headers: { Location: `${request.base_url}/v1/${path}` } };
};

/** DELETE /v1/runbooks/{runbook}/traits */
export const clearRunbookTraits: Handler = (request, api) => changeTraits(request, api, () => []);

/** DELETE /v1/runbooks/{runbook}/traits/{trait}: one that is not there is no error, unlike a node's. */
export const removeRunbookTrait: Handler = (request, api) =>
  changeTraits(request, api, (traits) => traits.filter((trait) => trait !== request.params.trait));

async function changeTraits(
  request: ApiRequest,
  api: Api,
  change: (traits: readonly string[]) => readonly string[],
): Promise<{ status: number }> {
  const runbook = await findRunbook(api, request);
  authorize(api, request, 'baremetal:runbook:update', runbook);
  const traits = [...new Set(change(runbook.traits))].sort();
  // Ironic notifies of no changes of traits.
  await writeChanges(request, api, runbooksAt(request.minor), runbook, { traits });
  return { status: 204 };
}

function findRunbook(api: Api, request: ApiRequest): Promise<RunbookRecord> {
  return requireByIdent(request, api.store.runbooks, KIND, request.params.runbook ?? '');
}

function authorize(api: Api, request: ApiRequest, rule: string, runbook: RunbookRecord): void {
  api.policy.authorize(rule, { 'runbook.owner': runbook.owner }, request.caller);
}

/** Rules on single steps that an operator wrote; asked of the caller alone, there is no node yet. */
function authorizeSteps(api: Api, request: ApiRequest, steps: readonly JsonObject[]): void {
  for (const step of steps) {
    const rule = `baremetal:step:execute:${String(step.interface)}.${String(step.step)}`;
    if (api.policy.defines(rule)) api.policy.authorize(rule, {}, request.caller);
  }
}

function checkName(name: string, minor: number): void {
  const good = since('runbook_traits', minor) ? LOGICAL_NAME.test(name) : isTrait(name);
  if (!good) throw invalid(`"${name}" is no name for a runbook in this version of the API.`);
}

/** Project callers own what they create, and make nothing public. */
function ownerOf({ caller }: ApiRequest, read: Partial<RunbookRecord>): string | null {
  const wanted = read.owner ?? null;
  if (caller.system_scope || caller.unrestricted) return wanted;
  if (wanted !== null && wanted !== caller.project_id) {
    throw invalid(
      'Cannot create a runbook as a project scoped admin with an owner other than your own project.',
    );
  }
  if (read.public === true) throw invalid('Cannot create a public runbook as a project scoped admin.');
  return caller.project_id;
}

const PATH_RULES = {
  owner: 'baremetal:runbook:update:owner',
  public: 'baremetal:runbook:update:public',
} as const;

function patchRules(steps: readonly PatchStep[]): string[] {
  const rules = steps.map(({ segments: [root] }) =>
    root === 'owner' || root === 'public' ? PATH_RULES[root] : 'baremetal:runbook:update',
  );
  return rules.length === 0 ? ['baremetal:runbook:update'] : [...new Set(rules)];
}

/** A public runbook has no owner. @throws PatchError */
function checkOwnership(runbook: RunbookRecord, steps: readonly PatchStep[]): void {
  if (patchValues(steps, '/owner').every((owner) => owner === null)) return;
  const becomes = patchValues(steps, '/public').at(-1) ?? runbook.public;
  if (becomes === true)
    throw serviceError('PatchError', { why: 'there cannot be an owner for a public runbook.' });
}

function invalid(why: string) {
  return serviceError('InvalidParameterValue', { why });
}
