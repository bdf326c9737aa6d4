import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../../../config/project-root.ts';
import type { ApiRow } from './api-row.ts';

export interface ApiTable {
  name: string;
  rows: readonly ApiRow[];
}

/** The tables of spec/contract/<api>/*.yaml, each a list of rows. */
export function readTables(api: 'api' | 'lifecycle' = 'api'): ApiTable[] {
  const folder = join(projectRoot, 'spec', 'contract', api);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => ({
      name: file.slice(0, -'.yaml'.length),
      rows: parse(readFileSync(join(folder, file), 'utf8'), { merge: true, maxAliasCount: -1 }) as ApiRow[],
    }));
}
