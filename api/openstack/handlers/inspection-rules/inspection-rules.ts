import { randomUUID } from 'node:crypto';
import { serviceError } from '../../../../lifecycle/errors.ts';
import {
  ACTIONS,
  argumentProblem,
  isAction,
  isOperator,
  MAX_RULE_PRIORITY,
  OPERATORS,
  parseOperator,
} from '../../../../lifecycle/inspection-rules.ts';
import type { JsonObject } from '../../../../lifecycle/json.ts';
import type { InspectionRuleRecord } from '../../../../lifecycle/records.ts';
import { requireUuid } from '../../../http/value-syntax.ts';
import type { Api, ApiRequest, Handler } from '../../handler.ts';
import { patchValues, readPatch } from '../../json-patch.ts';
import { readFields } from '../../paging.ts';
import {
  applyChanges,
  createRecord,
  deleteRecord,
  listReply,
  patchedChanges,
  requireByUuid,
  type SimpleResource,
  wholeReply,
} from '../../simple-resource.ts';
import { viewContext } from '../../view-context.ts';
import { INSPECTION_RULE_VIEW } from '../../views/inspection-rule.ts';

const PHASE = 'main';

const RULES: SimpleResource<'inspection_rule', InspectionRuleRecord> = {
  kind: 'Inspection rule',
  object: 'inspectionrule',
  collection: 'inspection_rules',
  view: INSPECTION_RULE_VIEW,
  table: (tables) => tables.inspection_rules,
  patchable: ['description', 'priority', 'phase', 'sensitive', 'conditions', 'actions'],
  schema: 'inspection_rule',
  read: readRule,
};

/** A checked body as it is stored. @throws InvalidParameterValue */
function readRule(body: JsonObject): Partial<InspectionRuleRecord> {
  const phase = String(body.phase ?? PHASE);
  const conditions = ((body.conditions ?? []) as JsonObject[]).map(kept);
  const actions = (body.actions as JsonObject[]).map(kept);
  const problems = [
    ...(phase === PHASE ? [] : [`Invalid phase: ${phase}. The only valid phase is ${PHASE}`]),
    ...conditions.flatMap(conditionProblems),
    ...actions.flatMap(actionProblems),
  ];
  if (problems.length > 0) {
    throw serviceError('InvalidParameterValue', { why: `The rule is not valid: ${problems.join('; ')}.` });
  }
  return {
    description: typeof body.description === 'string' ? body.description : null,
    priority: Number(body.priority ?? 0),
    phase,
    sensitive: body.sensitive === true,
    conditions,
    actions,
  };
}

function kept({ op, args, loop, multiple }: JsonObject): JsonObject {
  return {
    op: op ?? null,
    args: args ?? {},
    ...(loop === undefined ? {} : { loop }),
    ...(multiple === undefined ? {} : { multiple }),
  };
}

function conditionProblems({ op, args }: JsonObject): string[] {
  const { name } = parseOperator(String(op));
  if (!isOperator(name)) return [`unsupported operator ${name}`];
  const problem = argumentProblem(OPERATORS[name], args ?? null);
  return problem === null ? [] : [`condition ${name}: ${problem}`];
}

function actionProblems({ op, args }: JsonObject): string[] {
  const name = String(op);
  if (!isAction(name)) return [`unsupported action ${name}`];
  const problem = argumentProblem(ACTIONS[name], args ?? null);
  return problem === null ? [] : [`action ${name}: ${problem}`];
}

/** @throws InvalidParameterValue */
function checkPriority({ priority }: JsonObject): void {
  if (Number(priority ?? 0) > MAX_RULE_PRIORITY) {
    throw serviceError('InvalidParameterValue', {
      why: `priority must be between 0 and ${MAX_RULE_PRIORITY}.`,
    });
  }
}

/** GET /v1/inspection_rules */
export const listInspectionRules: Handler = (request, api) => {
  api.policy.authorize('baremetal:inspection_rule:get', {}, request.caller);
  return listReply(request, api, { ...RULES, key: 'inspection_rules' }, {}, 'inspection');
};

/** GET /v1/inspection_rules/{uuid} */
export const showInspectionRule: Handler = async (request, api) => {
  api.policy.authorize('baremetal:inspection_rule:get', {}, request.caller);
  const view = api.views.get(INSPECTION_RULE_VIEW, request.minor, readFields(request));
  return { status: 200, body: view.render(await findRule(api, request), viewContext(request, api)) };
};

/** POST /v1/inspection_rules */
export const createInspectionRule: Handler = async (request, api) => {
  api.policy.authorize('baremetal:inspection_rule:create', {}, request.caller);
  const body = request.body as JsonObject;
  checkPriority(body);
  const uuid = typeof body.uuid === 'string' && body.uuid !== '' ? body.uuid.toLowerCase() : randomUUID();
  const rule = await createRecord(request, api, RULES, { ...readRule(body), uuid });
  return wholeReply(request, api, RULES, rule, 201);
};

/** PATCH /v1/inspection_rules/{uuid}: what is sensitive stays so. */
export const patchInspectionRule: Handler = async (request, api) => {
  api.policy.authorize('baremetal:inspection_rule:update', {}, request.caller);
  const rule = await findRule(api, request);
  const steps = readPatch(request.body, RULES.patchable, request.minor);
  const changes = patchedChanges(request, api, RULES, rule);
  const unset =
    patchValues(steps, '/sensitive').some((value) => value !== true) || changes.sensitive === false;
  if (rule.sensitive && unset) {
    throw serviceError('PatchError', { why: 'the sensitive flag of a rule cannot be unset.' });
  }
  if (changes.priority !== undefined) checkPriority({ priority: changes.priority });
  return wholeReply(request, api, RULES, await applyChanges(request, api, RULES, rule, changes), 200);
};

/** DELETE /v1/inspection_rules/{uuid} */
export const deleteInspectionRule: Handler = async (request, api) => {
  api.policy.authorize('baremetal:inspection_rule:delete', {}, request.caller);
  await deleteRecord(request, api, RULES, await findRule(api, request));
  return { status: 204 };
};

/** @throws InvalidUuid, NotFound */
function findRule(api: Api, request: ApiRequest): Promise<InspectionRuleRecord> {
  return requireByUuid(api, RULES, requireUuid(request.params.uuid ?? ''));
}
