import { queryOptions } from '@tanstack/react-query';
import { ask } from './http.ts';

/** A schema of an OpenAPI document, as far as forms are made from it. */
export interface Schema {
  type?: string;
  enum?: (string | null)[];
  nullable?: boolean;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  description?: string;
  required?: string[];
  properties?: Record<string, Schema>;
  $ref?: string;
  oneOf?: Schema[];
}

interface Document {
  components: { schemas: Record<string, Schema> };
}

/** The document of the life-cycle API. It does not change while the portal is open. */
export function lifecycleDocument() {
  return queryOptions({
    queryKey: ['session', 'document'],
    queryFn: ({ signal }) => ask<Document>('/lifecycle/v1/openapi.json', { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** A schema by its name, its fields' references followed. */
export function schemaOf({ components }: Document, name: string): Schema {
  const found = components.schemas[name] ?? {};
  const properties = Object.entries(found.properties ?? {}).map(([field, schema]) => {
    const target = schema.$ref?.split('/').at(-1);
    return [field, target === undefined ? schema : { ...components.schemas[target], ...schema }] as const;
  });
  return { ...found, properties: Object.fromEntries(properties) };
}
