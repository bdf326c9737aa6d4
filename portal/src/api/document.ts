import { queryOptions } from '@tanstack/react-query';
import { ask } from './http.ts';

/** A schema of an OpenAPI document, as far as forms are made from it. */
export interface Schema {
  type?: string;
  /** `iso-time`: a time; with `x-precision: day` a date. */
  format?: string;
  'x-precision'?: 'day';
  /** Values that there are now; others are taken too. */
  'x-known'?: string[];
  enum?: (string | null)[];
  nullable?: boolean;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  description?: string;
  required?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  $ref?: string;
  oneOf?: Schema[];
  anyOf?: Schema[];
}

export interface ApiDocument {
  components: { schemas: Record<string, Schema> };
}

const PATHS = { lifecycle: '/lifecycle/v1/openapi.json', baremetal: '/openapi.json' } as const;
export type ApiName = keyof typeof PATHS;

/** The document of an API. It does not change while the portal is open. */
export function apiDocument(api: ApiName) {
  return queryOptions({
    queryKey: ['session', 'document', api],
    queryFn: ({ signal }) => ask<ApiDocument>(PATHS[api], { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** A schema by its name, all references in it followed. */
export function schemaOf({ components }: ApiDocument, name: string): Schema {
  return followed(components.schemas, components.schemas[name] ?? {});
}

function followed(schemas: Record<string, Schema>, schema: Schema): Schema {
  const { $ref, ...own } = schema;
  if ($ref !== undefined) {
    const target = schemas[$ref.split('/').at(-1) ?? ''] ?? {};
    return followed(schemas, { ...target, ...own });
  }
  const follow = (one: Schema): Schema => followed(schemas, one);
  return {
    ...own,
    ...(own.items === undefined ? {} : { items: follow(own.items) }),
    ...(own.oneOf === undefined ? {} : { oneOf: own.oneOf.map(follow) }),
    ...(own.anyOf === undefined ? {} : { anyOf: own.anyOf.map(follow) }),
    ...(own.properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(own.properties).map(([field, one]) => [field, follow(one)]),
          ),
        }),
  };
}
