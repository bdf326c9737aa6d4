import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { type Document, OpenAPIBackend } from 'openapi-backend';
import { parse } from 'yaml';
import { projectRoot } from '../../config/project-root.ts';
import { serviceError } from '../../lifecycle/errors.ts';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import { DEFAULT_BODY_LIMIT } from './request-body.ts';
import { booleanOf, isUuidLike, normalMac } from './value-syntax.ts';

/** One operation of openapi.yaml, with its checks compiled. */
export interface Operation {
  id: string;
  method: string;
  /** `/v1/nodes/{node}` */
  path: string;
  public: boolean;
  /** null: the operation takes no body. */
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

interface OperationExtras {
  operationId?: string;
  method: string;
  path: string;
  requestBody?: unknown;
  'x-public'?: boolean;
  'x-free-query'?: boolean;
  'x-body-limit'?: number;
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
  'mac-address': { fits: (value) => normalMac(value) !== null, hint: 'must be a MAC address' },
};

/**
 * Reads the openapi.yaml of an API, whose formats are those of FORMATS and its `own`. Each check in it is compiled when it is first used, then kept: compiling all of them at once would
 * take the start longer than everything else in it. That the document is valid OpenAPI is for the specs to find out.
 */
export async function loadOpenApi(api: 'openstack' | 'lifecycle', own: Formats = {}): Promise<OpenApi> {
  const formats: Formats = { ...FORMATS, ...own };
  const file = join(projectRoot, 'api', api, 'openapi.yaml');
  const definition: unknown = parse(readFileSync(file, 'utf8'), { merge: true, maxAliasCount: -1 });
  tagOperations(definition);
  const document = JSON.stringify(definition);
  const backend = new OpenAPIBackend({
    // Without the sharing of YAML aliases, which openapi-backend would resolve only once.
    definition: JSON.parse(document) as Document,
    quick: true,
    ajvOpts: { strict: false, allErrors: false },
    customizeAjv: (ajv) => {
      for (const [name, { fits }] of Object.entries(formats)) ajv.addFormat(name, fits);
      return ajv;
    },
  });
  await backend.init();
  const operations = backend.router.getOperations().map((found) => {
    const extras = found as unknown as OperationExtras;
    const id = extras.operationId;
    if (id === undefined)
      throw new Error(`${extras.method} ${extras.path} of openapi.yaml has no operationId.`);
    return operationOf(
      extras,
      id,
      () => backend.validator.getRequestValidatorsForOperation(id) ?? [],
      formats,
    );
  });
  const components = backend.definition.components?.schemas ?? {};
  const checks = new Map<string, SchemaCheck>();
  return {
    operations,
    document,
    schema(name) {
      const check = checks.get(name) ?? compileSchema(backend, components, name, formats);
      checks.set(name, check);
      return check;
    },
  };
}

/** Groups the operations for readers by the resource in their operationId, `nodes` of `nodes.show`. */
function tagOperations(definition: unknown): void {
  const { paths = {} } = definition as { paths?: Record<string, Record<string, { operationId?: string }>> };
  for (const path of Object.values(paths))
    for (const operation of Object.values(path)) {
      const { operationId } = operation;
      if (operationId !== undefined) Object.assign(operation, { tags: [operationId.split('.', 1)[0]] });
    }
}

/** openapi-backend's order: the body's validator, where there is a body, then that of path and query. */
function operationOf(
  extras: OperationExtras,
  id: string,
  validators: () => readonly ValidateFunction[],
  formats: Formats,
): Operation {
  const free_query = extras['x-free-query'] === true;
  return {
    id,
    method: extras.method.toUpperCase(),
    path: extras.path,
    public: extras['x-public'] === true,
    body_limit: extras.requestBody === undefined ? null : (extras['x-body-limit'] ?? DEFAULT_BODY_LIMIT),
    checkQuery(params, query) {
      if (free_query) return;
      const validate = validators().at(-1);
      if (validate !== undefined && !validate({ path: params, query }))
        throw refusal(validate.errors, '/query', formats);
    },
    checkBody(body) {
      if (extras.requestBody === undefined) return;
      const validate = validators()[0];
      const subject = body === undefined ? {} : { requestBody: body };
      if (validate !== undefined && !validate(subject))
        throw refusal(validate.errors, '/requestBody', formats);
    },
  };
}

function compileSchema(
  backend: OpenAPIBackend,
  components: object,
  name: string,
  formats: Formats,
): SchemaCheck {
  const schema = (components as Record<string, JsonObject | undefined>)[name];
  if (schema === undefined) throw new Error(`openapi.yaml has no schema ${name}.`);
  const validate = backend.validator.getAjv('requestBodyValidator' as never).compile(schema);
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
