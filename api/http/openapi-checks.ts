import { Ajv, type ValidateFunction } from 'ajv';
import type { JsonObject } from '../../lifecycle/json.ts';

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
}

interface RequestBody {
  required?: boolean;
  content: Readonly<Record<string, object>>;
}

interface Reference {
  $ref: string;
}

type ParameterList = readonly (Parameter | Reference)[];

/** What is read here of an operation of an OpenAPI document. */
export interface DescribedOperation {
  operationId?: string;
  parameters?: ParameterList;
  requestBody?: RequestBody | Reference;
  tags?: string[];
  'x-public'?: boolean;
  'x-free-query'?: boolean;
  'x-body-limit'?: number;
  /** Its body is no JSON: the handler reads it as it comes. */
  'x-stream'?: boolean;
}

export interface OpenApiDocument {
  paths: Readonly<
    Record<string, Readonly<Partial<Record<Method, DescribedOperation>>> & { parameters?: ParameterList }>
  >;
  components?: { schemas?: Readonly<Record<string, object>> };
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head'] as const;

type Method = (typeof METHODS)[number];

export interface OperationChecks {
  method: Method;
  path: string;
  described: DescribedOperation;
  /** Of `{path, query}`. Values become what their schema says: `'5'` an integer. */
  parameters(): ValidateFunction;
  /** Of `{requestBody}`; only where the operation takes one. */
  body(): ValidateFunction;
}

export interface OpenApiChecks {
  operations: readonly OperationChecks[];
  /** Of `components.schemas.<name>`. @throws Error when there is none */
  schema(name: string): ValidateFunction;
}

const DOCUMENT = 'openapi';

/**
 * The checks of an OpenAPI document (https://spec.openapis.org/oas/v3.0.3), by Ajv, which follows the references of the document where
 * they stand: nothing is copied. Each is compiled when it is first wanted; compiling all of them would take the start longer than
 * everything else in it.
 *
 * @param formats the texts that fit, by the format's name
 */
export function compileOpenApi(
  document: OpenApiDocument,
  formats: Readonly<Record<string, (value: string) => boolean>>,
): OpenApiChecks {
  const options = { strict: false, validateSchema: false, formats };
  const bodies = new Ajv(options).addSchema(document, DOCUMENT);
  const parameters = new Ajv({ ...options, coerceTypes: true }).addSchema(document, DOCUMENT);
  return {
    operations: operationsOf(document).map(({ method, path, described }) => ({
      method,
      path,
      described,
      parameters: once(() => parameters.compile(parametersSchema(document, path, method))),
      body: once(() => bodies.compile(bodySchema(document, path, method))),
    })),
    schema(name) {
      if (document.components?.schemas?.[name] === undefined)
        throw new Error(`openapi.yaml has no schema ${name}.`);
      return bodies.compile(referTo('components', 'schemas', name));
    },
  };
}

/** Every operation of a document, in its order. */
export function operationsOf(
  document: OpenApiDocument,
): { method: Method; path: string; described: DescribedOperation }[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const described = item[method];
      return described === undefined ? [] : [{ method, path, described }];
    }),
  );
}

/** What comes in headers is checked by the handlers that read them. */
function parametersSchema(document: OpenApiDocument, path: string, method: Method): JsonObject {
  const item = document.paths[path];
  const found = [
    ...placesOf(document, ['paths', path, 'parameters'], item?.parameters),
    ...placesOf(document, ['paths', path, method, 'parameters'], item?.[method]?.parameters),
  ];
  const closed = (where: string): JsonObject => {
    const mine = found.filter(({ parameter }) => parameter.in === where);
    return {
      type: 'object',
      properties: Object.fromEntries(
        mine.map(({ at, parameter }) => [parameter.name, referTo(...at, 'schema')]),
      ),
      required: mine
        .filter(({ parameter }) => parameter.required === true)
        .map(({ parameter }) => parameter.name),
      additionalProperties: false,
    };
  };
  return { type: 'object', properties: { path: closed('path'), query: closed('query') } };
}

/** The parameters of a list, with their place in the document. */
function placesOf(document: OpenApiDocument, list_at: readonly string[], list: ParameterList = []) {
  return list.map((entry, index) => {
    const { at, value } = follow<Parameter>(document, [...list_at, String(index)], entry);
    return { at, parameter: value };
  });
}

function bodySchema(document: OpenApiDocument, path: string, method: Method): JsonObject {
  const described = document.paths[path]?.[method]?.requestBody;
  if (described === undefined) return {};
  const { at, value } = follow<RequestBody>(document, ['paths', path, method, 'requestBody'], described);
  const required = value.required === true ? ['requestBody'] : [];
  if (value.content['application/json'] === undefined) return { type: 'object', required };
  const requestBody = referTo(...at, 'content', 'application/json', 'schema');
  return { type: 'object', properties: { requestBody }, required };
}

/** Where a part of the document stands, and what it is: in its place, or where its reference leads. */
function follow<T extends object>(
  document: OpenApiDocument,
  at: readonly string[],
  entry: T | Reference,
): { at: readonly string[]; value: T } {
  if (!('$ref' in entry)) return { at, value: entry };
  const target = entry.$ref.slice('#/'.length).split('/');
  const value = target.reduce<unknown>((found, key) => (found as Record<string, unknown>)[key], document);
  return { at: target, value: value as T };
}

/** A reference into the document: a JSON pointer, RFC 6901, as the fragment of an address. */
function referTo(...keys: readonly string[]): { $ref: string } {
  const pointer = keys.map(
    (key) => `/${encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))}`,
  );
  return { $ref: `${DOCUMENT}#${pointer.join('')}` };
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
