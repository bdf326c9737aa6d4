import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { parse } from 'yaml';
import { projectRoot } from '../../config/project-root.ts';
import { serviceError } from '../../lifecycle/errors.ts';
import type { Json } from '../../lifecycle/json.ts';
import {
  compileOpenApi,
  type OpenApiDocument,
  type OperationChecks,
  operationsOf,
} from './openapi-checks.ts';
import { DEFAULT_BODY_LIMIT } from './request-body.ts';
import { booleanOf, isUuidLike, normalMac } from './value-syntax.ts';

/** One operation of openapi.yaml, with its checks compiled. */
export interface Operation {
  id: string;
  method: string;
  /** `/v1/nodes/{node}` */
  path: string;
  public: boolean;
  /** null: the operation takes no body, or one that it reads itself. */
  body_limit: number | null;
  /** @throws InvalidParameterValue */
  checkQuery(params: Readonly<Record<string, string>>, query: Readonly<Record<string, string>>): void;
  /** @throws InvalidParameterValue */
  checkBody(body: Json | undefined): void;
}

/** Checks a value against `components.schemas.<name>`. @throws InvalidParameterValue */
export type SchemaCheck = (value: Json) => void;

export interface OpenApi {
  operations: readonly Operation[];
  schema(name: string): SchemaCheck;
  /** The document itself, as JSON text. */
  document: string;
}

/** A format of openapi.yaml beyond JSON Schema's own: what fits, and what to tell whoever sent something else. */
export interface TextFormat {
  fits(value: string): boolean;
  hint: string;
}

type Formats = Readonly<Record<string, TextFormat>>;

const FORMATS: Formats = {
  'uuid-like': { fits: isUuidLike, hint: 'must be a UUID' },
  'boolean-word': {
    fits: (value) => booleanOf(value) !== null,
    hint: 'must be a boolean, e.g. true or false',
  },
  'integer-word': { fits: (value) => /^[+-]?\d{1,15}$/.test(value.trim()), hint: 'must be an integer' },
  'json-pointer-path': {
    fits: (value) => /^(\/[\p{L}\p{N}_\-~.]+)+$/u.test(value),
    hint: 'must be a path like /extra/key',
  },
  'iso-time': { fits: (value) => !Number.isNaN(Date.parse(value)), hint: 'must be a time, ISO 8601' },
  'mac-address': { fits: (value) => normalMac(value) !== null, hint: 'must be a MAC address' },
};

/**
 * Reads the openapi.yaml of an API, whose formats are those of FORMATS and its `own`. Each check in it is compiled when it is first used, then kept: compiling all of them at once would
 * take the start longer than everything else in it. That the document is valid OpenAPI is for the specs to find out.
 */
export async function loadOpenApi(api: 'openstack' | 'lifecycle', own: Formats = {}): Promise<OpenApi> {
  const formats: Formats = { ...FORMATS, ...own };
  const file = join(projectRoot, 'api', api, 'openapi.yaml');
  const definition = parse(readFileSync(file, 'utf8'), { merge: true, maxAliasCount: -1 }) as OpenApiDocument;
  tagOperations(definition);
  const fits = Object.entries(formats).map(([name, format]) => [name, format.fits] as const);
  const checks = compileOpenApi(definition, Object.fromEntries(fits));
  const schemas = new Map<string, SchemaCheck>();
  return {
    operations: checks.operations.map((found) => operationOf(found, formats)),
    document: JSON.stringify(definition),
    schema(name) {
      const check = schemas.get(name) ?? schemaCheck(checks.schema(name), formats);
      schemas.set(name, check);
      return check;
    },
  };
}

/** Groups the operations for readers by the resource in their operationId, `nodes` of `nodes.show`. */
function tagOperations(document: OpenApiDocument): void {
  for (const { described } of operationsOf(document))
    if (described.operationId !== undefined)
      described.tags = [described.operationId.split('.', 1)[0] as string];
}

function operationOf(checks: OperationChecks, formats: Formats): Operation {
  const { described, path } = checks;
  const method = checks.method.toUpperCase();
  const id = described.operationId;
  if (id === undefined) throw new Error(`${method} ${path} of openapi.yaml has no operationId.`);
  const free_query = described['x-free-query'] === true;
  const has_json = described.requestBody !== undefined && described['x-stream'] !== true;
  return {
    id,
    method,
    path,
    public: described['x-public'] === true,
    body_limit: has_json ? (described['x-body-limit'] ?? DEFAULT_BODY_LIMIT) : null,
    checkQuery(params, query) {
      if (free_query) return;
      const validate = checks.parameters();
      if (!validate({ path: params, query })) throw refusal(validate.errors, '/query', formats);
    },
    checkBody(body) {
      if (!has_json) return;
      const validate = checks.body();
      if (!validate(body === undefined ? {} : { requestBody: body }))
        throw refusal(validate.errors, '/requestBody', formats);
    },
  };
}

function schemaCheck(validate: ValidateFunction, formats: Formats): SchemaCheck {
  return (value) => {
    if (!validate(value)) throw refusal(validate.errors, '', formats);
  };
}

/** What is wrong with a value, in words that never repeat the value: it may be a secret. */
function refusal(errors: ErrorObject[] | null | undefined, root: string, formats: Formats) {
  const error = errors?.[0];
  if (error === undefined) return serviceError('InvalidParameterValue', { why: 'The request is not valid.' });
  const at = error.instancePath.slice(root.length).replaceAll('/', '.').replace(/^\./, '');
  return serviceError('InvalidParameterValue', { why: explain(error, at, root, formats) });
}

function explain(error: ErrorObject, at: string, root: string, formats: Formats): string {
  const subject = at === '' ? 'The request' : at;
  const explained: Readonly<Record<string, () => string>> = {
    additionalProperties: () =>
      root === '/query'
        ? `Unexpected arguments: ${error.params.additionalProperty}`
        : `${subject}: additional properties are not allowed (${error.params.additionalProperty} was unexpected).`,
    required: () =>
      error.params.missingProperty === 'requestBody'
        ? 'The request needs a JSON body.'
        : `${subject}: ${error.params.missingProperty} is a required property.`,
    enum: () => `${subject} must be one of ${(error.params.allowedValues as unknown[]).join(', ')}.`,
    format: () => `${subject} ${formats[error.params.format]?.hint ?? error.message}.`,
  };
  return explained[error.keyword]?.() ?? `${subject} ${error.message ?? 'is not valid'}.`;
}
