import { Ajv } from 'ajv';
import { expect } from 'chai';
import { loadOpenApi } from '../../../api/http/operations.ts';
import { createRouteMatcher } from '../../../api/http/route-matcher.ts';
import type { Json } from '../../../lifecycle/json.ts';

interface Documented {
  match: ReturnType<typeof createRouteMatcher>;
  check(path: string, method: string, status: number, body: Json): string | null;
}

let documented: Promise<Documented> | null = null;

/** That a body of the life-cycle API is as its document says. `url` with its query. */
export async function expectDocumented(
  method: string,
  url: string,
  status: number,
  body: Json,
): Promise<void> {
  documented ??= read();
  const { match, check } = await documented;
  const path = (url.split('?')[0] ?? '').slice('/lifecycle'.length);
  const found = match(path)?.methods.get(method);
  if (found === undefined) return;
  expect(check(found.path, method.toLowerCase(), status, body), `${method} ${url}`).to.equal(null);
}

async function read(): Promise<Documented> {
  const { document, operations } = await loadOpenApi('lifecycle');
  const whole = JSON.parse(document) as { paths: Record<string, Record<string, Operation>> };
  const ajv = new Ajv({ strict: false, validateSchema: false, validateFormats: false });
  ajv.addSchema(whole, 'openapi');
  const key = (text: string): string => encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'));
  return {
    match: createRouteMatcher(operations),
    check(path, method, status, body) {
      const content = whole.paths[path]?.[method]?.responses?.[status]?.content?.['application/json'];
      if (content === undefined) return null;
      const $ref = `openapi#/paths/${key(path)}/${method}/responses/${status}/content/${key('application/json')}/schema`;
      return ajv.validate({ $ref }, body) ? null : ajv.errorsText();
    },
  };
}

interface Operation {
  responses?: Record<string, { content?: Record<string, object> }>;
}
