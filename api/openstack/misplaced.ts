import { serviceError } from '../../lifecycle/errors.ts';
import { ROUTES, servesRoute } from './microversions.ts';

/** Lists below another object, with the operation that they are; what is in them has a place of its own. */
const NESTED: readonly [RegExp, string][] = [
  [/^\/v1\/nodes\/[^/]+\/ports(\/[^/]+)?$/, 'nodes.ports.list'],
  [/^\/v1\/nodes\/[^/]+\/portgroups(\/[^/]+)?$/, 'nodes.portgroups.list'],
  [/^\/v1\/nodes\/[^/]+\/volume\/(connectors|targets)(\/[^/]+)?$/, 'nodes.volume.connectors'],
  [/^\/v1\/portgroups\/[^/]+\/ports(\/[^/]+)?$/, 'portgroups.ports.list'],
  [/^\/v1\/chassis\/[^/]+\/nodes(\/[^/]+)?$/, 'chassis.nodes.list'],
];
const METHODS = ['GET', 'POST', 'PATCH', 'DELETE'];

/**
 * Refuses to work on an object by way of a list below another one, such as GET /v1/nodes/{node}/ports/{port}. Asked of
 * what no operation answers.
 * @throws MalformedRequestUri
 */
export function refuseMisplaced(method: string, path: string, minor: number): void {
  const trimmed = path.replace(/\/$/, '');
  const full = trimmed.startsWith('/v1/') ? trimmed : `/v1${trimmed}`;
  const [, list] = NESTED.find(([pattern]) => pattern.test(full)) ?? [];
  if (list === undefined || !METHODS.includes(method)) return;
  if (servesRoute(ROUTES[list], minor)) throw serviceError('MalformedRequestUri', {});
}
