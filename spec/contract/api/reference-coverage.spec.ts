import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { projectRoot } from '../../../config/project-root.ts';
import { mayPass, readRuleFacts } from '../../api/openstack/policy/who-may.ts';
import type { ApiRow } from './api-row.ts';
import { PERSONAS, readPolicyRows } from './policy-row.ts';
import { readTables } from './run-tables.ts';

interface RouteFacts {
  m: string;
  path: string;
  since: number;
  gate?: readonly number[];
  ok: readonly number[];
  err?: Readonly<Record<string, string>>;
}

/** Ironic has this rule, and asks for inspection_rule:get instead; so do we. */
const NEVER_ASKED = 'baremetal:inspection_rule:list_all';

/** Success needs a hardware type with vendor methods, and none has one. */
const WITHOUT_SUCCESS = /vendor_passthru\/\{method\}$/;

describe('the API tables cover the reference', () => {
  const rows = readTables().flatMap((table) => table.rows);

  it('with a row per route and status of note', () => {
    const routes = readFixture<{ routes: RouteFacts[] }>('ironic-routes.yaml').routes;
    const match = matcher(routes);
    const seen = new Map<RouteFacts, ApiRow[]>(routes.map((route) => [route, []]));
    for (const row of rows) {
      const route = match(row);
      if (route !== undefined) seen.get(route)?.push(row);
    }
    const gaps = routes
      .map((route) => [nameOf(route), uncovered(route, seen.get(route) ?? [])] as const)
      .filter(([, lacks]) => lacks.length > 0);
    expect(Object.fromEntries(gaps)).to.deep.equal({});
  });

  it('with a row per microversion, and one below it where it changes anything', () => {
    const { minors, markers } = readFixture<{ minors: Record<string, string>; markers: number[] }>(
      'ironic-microversions.yaml',
    );
    expect(Object.keys(minors)).to.have.length(115);
    const lacks: string[] = [];
    for (const [minor, text] of Object.entries(minors)) {
      const mine = rows.filter((row) => row.microversion === Number(minor)).map(versionOf);
      if (!mine.some((version) => version >= Number(minor))) lacks.push(`1.${minor}: ${text}`);
      const changes = minor !== '1' && !markers.includes(Number(minor));
      if (changes && !mine.some((version) => version < Number(minor)))
        lacks.push(`below 1.${minor}: ${text}`);
    }
    expect(lacks).to.deep.equal([]);
  });

  it('with a row per policy rule, with callers who may and callers who may not', () => {
    const facts = readRuleFacts();
    const covered = new Set(readPolicyRows().map((row) => row.rule));
    const lacks = Object.keys(facts).filter((rule) => !covered.has(rule));
    expect(lacks).to.deep.equal([NEVER_ASKED]);
    for (const [rule, row] of Object.entries(facts)) {
      const may = PERSONAS.filter((persona) => mayPass(row, persona));
      expect(may, rule).not.to.be.empty;
      if (row.who !== 'ANYONE') expect(may.length, rule).to.be.lessThan(PERSONAS.length);
    }
  });
});

function readFixture<T>(name: string): T {
  return parse(readFileSync(join(projectRoot, 'spec/fixtures', name), 'utf8')) as T;
}

function nameOf(route: RouteFacts): string {
  return `${route.m} ${route.path}`;
}

/** N of the 1.N that a row asks for. */
function versionOf({ version = 115 }: ApiRow): number {
  if (typeof version === 'number') return version;
  return version === 'latest' ? 115 : 1;
}

/** A row's route: the one with the fewest parameters, so that /v1/nodes/detail is no node's name. */
function matcher(routes: readonly RouteFacts[]): (row: ApiRow) => RouteFacts | undefined {
  const patterns = routes
    .map((route) => {
      const parts = route.path.split(/\{\w+\}/).map((part) => part.replace(/[.\\]/g, '\\$&'));
      return { route, parameters: parts.length, pattern: new RegExp(`^${parts.join('[^/]+')}/?$`) };
    })
    .sort((a, b) => a.parameters - b.parameters);
  return ({ request }) => {
    const [method, url = ''] = request.replaceAll(/\$\{[\w.]+\}/g, 'x').split(' ', 2);
    const path = url.split('?')[0] ?? '';
    return patterns.find(({ route, pattern }) => route.m === method && pattern.test(path))?.route;
  };
}

/** What no row of the route shows: success, the refusal below its version, a status of note. */
function uncovered(route: RouteFacts, rows: readonly ApiRow[]): string[] {
  const has = (statuses: readonly number[], of = rows) => of.some((row) => statuses.includes(row.status));
  const below = rows.filter((row) => versionOf(row) < route.since);
  return [
    ...(has(route.ok) || WITHOUT_SUCCESS.test(route.path) ? [] : [`success: ${route.ok.join(' or ')}`]),
    ...(route.gate === undefined || has(route.gate, below)
      ? []
      : [`${route.gate.join(' or ')} below 1.${route.since}`]),
    ...Object.entries(route.err ?? {})
      .filter(([status]) => !has([Number(status)]))
      .map(([status, why]) => `${status}: ${why}`),
  ];
}
