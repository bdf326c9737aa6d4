import { join } from 'node:path';
import openapiTypes, { type OpenAPI3 } from 'openapi-typescript';
import { loadOpenApi } from '../../api/http/operations.ts';
import { projectRoot } from '../../config/project-root.ts';

/** Where the portal has the bodies of the life-cycle API. */
export const API_TYPES_FILE = join(projectRoot, 'portal/src/api/openapi.ts');

const HEAD = '// Made from api/lifecycle/openapi.yaml by `npm run portal:api`.\n';
/** What holds no schema. */
const EMPTY =
  /^export (type [\w$]+ = Record<string, never>|interface (paths|webhooks|operations) \{\n*\});?\n+/gm;

/** The schemas of the life-cycle API's document as TypeScript: `components['schemas']`. */
export async function apiTypes(): Promise<string> {
  const { document } = await loadOpenApi('lifecycle');
  const whole = JSON.parse(document) as OpenAPI3;
  const text = await openapiTypes(
    { ...whole, paths: {} },
    { commentHeader: HEAD, emptyObjectsUnknown: true },
  );
  return text.replaceAll(EMPTY, '').trimEnd().concat('\n');
}
