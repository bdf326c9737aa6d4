import { join } from 'node:path';
import openapiTypes, { type OpenAPI3 } from 'openapi-typescript';
import { loadOpenApi } from '../../api/http/operations.ts';
import { FIELDS, type ResourceName } from '../../api/openstack/microversions.ts';
import { projectRoot } from '../../config/project-root.ts';

/** Where the portal has the bodies of the life-cycle API. */
export const API_TYPES_FILE = join(projectRoot, 'portal/src/api/openapi.ts');

/** Where the portal has the names of the fields of the bare metal API. */
export const BAREMETAL_FIELDS_FILE = join(projectRoot, 'portal/src/api/baremetal-fields.ts');

/** Resources that the portal has tables of. */
const TABLED = [
  ...(['chassis', 'deploy_template', 'inspection_rule', 'runbook', 'allocation'] as const),
  ...(['port', 'portgroup', 'volume_connector', 'volume_target'] as const),
] satisfies readonly ResourceName[];

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

/** The names of the fields that answers of the bare metal API have, by resource, as TypeScript. */
export function baremetalFields(): string {
  const lines = TABLED.map((resource) => {
    const names = Object.keys(FIELDS[resource]).filter((name) => name !== 'links');
    return `  ${resource}:\n${names.map((name) => `    | '${name}'`).join('\n')};\n`;
  });
  return `// Made from api/openstack/microversions.ts by \`npm run portal:api\`.\nexport interface BaremetalFields {\n${lines.join('')}}\n`;
}
