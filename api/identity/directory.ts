import { createHash } from 'node:crypto';
import { parseDocument } from 'yaml';
import { highestCost, isPasswordHash } from '../openstack/auth/password-check.ts';

/** Who exists in the small identity service, and who may do what where. Read from `[identity]users_file`. */
export interface Directory {
  domains: ReadonlyMap<string, Domain>;
  projects: ReadonlyMap<string, Project>;
  users: ReadonlyMap<string, User>;
  /** What a wrong guess at a user's name must cost: the highest bcrypt cost in the file. */
  cost: number;
  /** Plain passwords were accepted because the file says `demo: true`. */
  demo: boolean;
}
export interface Domain {
  id: string;
  name: string;
}
export interface Project {
  id: string;
  name: string;
  domain: Domain;
}
export interface User {
  id: string;
  name: string;
  domain: Domain;
  password: { hash: string } | { plain: string };
  default_project: Project | null;
  assignments: readonly Assignment[];
}
/** A role somewhere; `role` in lower case, as assigned (without the implied ones). */
export interface Assignment {
  role: string;
  on: { project: Project } | { domain: Domain } | { system: 'all' };
}

/** The users file cannot be used. The message lists every problem, one a line, without any password. */
export class UsersFileError extends Error {
  constructor(problems: readonly string[]) {
    super(`The users file has problems:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'UsersFileError';
  }
}

type Fields = Readonly<Record<string, unknown>>;

const KEYS = {
  'the file': ['demo', 'domains', 'projects', 'users'],
  domains: ['name', 'id'],
  projects: ['name', 'id', 'domain'],
  users: ['name', 'id', 'domain', 'password_hash', 'password', 'default_project', 'roles'],
  roles: ['role', 'project', 'project_domain', 'domain', 'system'],
} as const;
const ID = /^[\w-]{1,64}$/;
const DEFAULT_DOMAIN: Domain = { id: 'default', name: 'Default' };

/**
 * Reads a users file (YAML or JSON): `domains`, `projects` and `users`, each a list. A user has a `password_hash` (bcrypt);
 * a plain `password` is accepted only in a file that says `demo: true`. Ids that are not given are made from the names, so
 * that they are the same after a restart and in every process.
 * @throws UsersFileError
 */
export function parseDirectory(text: string): Directory {
  const problems: string[] = [];
  const file = readFields(text, problems);
  const demo = file.demo === true;
  const domains = new Map([[DEFAULT_DOMAIN.id, DEFAULT_DOMAIN]]);
  const projects = new Map<string, Project>();
  const users = new Map<string, User>();
  checkKeys(file, 'the file', 'the file', problems);

  for (const [place, fields] of rows(file, 'domains', problems)) {
    const domain = { name: nameOf(fields, place, problems), id: '' };
    domain.id = idOf(fields, `domain:${domain.name}`, place, problems);
    if (domain.name !== DEFAULT_DOMAIN.name) add(domains, domain, place, problems);
  }
  const domainOf = (fields: Fields, key: string, place: string): Domain => {
    const wanted = fields[key] ?? DEFAULT_DOMAIN.name;
    const found = [...domains.values()].find(({ id, name }) => wanted === id || wanted === name);
    if (found === undefined) problems.push(`${place}: there is no domain ${shown(wanted)}.`);
    return found ?? DEFAULT_DOMAIN;
  };
  for (const [place, fields] of rows(file, 'projects', problems)) {
    const name = nameOf(fields, place, problems);
    const domain = domainOf(fields, 'domain', place);
    const id = idOf(fields, `project:${domain.id}:${name}`, place, problems);
    add(projects, { id, name, domain }, place, problems);
  }
  const projectOf = (wanted: unknown, domain: Domain, place: string): Project | null => {
    const named = [...projects.values()].find(
      (project) => project.name === wanted && project.domain.id === domain.id,
    );
    const found = named ?? projects.get(String(wanted));
    if (found === undefined) problems.push(`${place}: there is no project ${shown(wanted)}.`);
    return found ?? null;
  };
  const assignmentOf = (fields: Fields, domain: Domain, place: string): Assignment | null => {
    checkKeys(fields, 'roles', place, problems);
    const role = fields.role;
    const targets = ['project', 'domain', 'system'].filter((key) => fields[key] !== undefined);
    if (typeof role !== 'string' || !/^[\w-]{1,64}$/.test(role) || targets.length !== 1) {
      problems.push(`${place}: needs a role and one of project, domain or system.`);
      return null;
    }
    const on = { role: role.toLowerCase() };
    if (fields.domain !== undefined) return { ...on, on: { domain: domainOf(fields, 'domain', place) } };
    if (fields.system !== undefined) {
      if (fields.system !== 'all') problems.push(`${place}: system must be all.`);
      return { ...on, on: { system: 'all' } };
    }
    const home = fields.project_domain === undefined ? domain : domainOf(fields, 'project_domain', place);
    const project = projectOf(fields.project, home, place);
    return project === null ? null : { ...on, on: { project } };
  };
  for (const [place, fields] of rows(file, 'users', problems)) {
    const name = nameOf(fields, place, problems);
    const domain = domainOf(fields, 'domain', place);
    const wanted = fields.default_project;
    const user: User = {
      id: idOf(fields, `user:${domain.id}:${name}`, place, problems),
      name,
      domain,
      password: passwordOf(fields, demo, place, problems),
      default_project: wanted === undefined ? null : projectOf(wanted, domain, place),
      assignments: rows(fields, 'roles', problems, place).flatMap(
        ([at, role]) => assignmentOf(role, domain, at) ?? [],
      ),
    };
    add(users, user, place, problems);
  }
  if (problems.length > 0) throw new UsersFileError(problems);
  const hashes = [...users.values()].flatMap(({ password }) => ('hash' in password ? [password.hash] : []));
  return { domains, projects, users, cost: highestCost(hashes), demo };
}

function readFields(text: string, problems: string[]): Fields {
  // prettyErrors would quote lines of the file, passwords included.
  const document = parseDocument(text, { prettyErrors: false });
  for (const error of document.errors) {
    problems.push(`It is not valid YAML or JSON (${error.code} at character ${error.pos[0]}).`);
  }
  if (document.errors.length > 0) return {};
  try {
    const content: unknown = document.toJS({ maxAliasCount: 0 });
    if (isFields(content)) return content;
    problems.push('It must hold domains, projects and users.');
  } catch {
    problems.push('It has YAML aliases, which are not accepted.');
  }
  return {};
}

function rows(
  fields: Fields,
  key: 'domains' | 'projects' | 'users' | 'roles',
  problems: string[],
  parent = '',
): [string, Fields][] {
  const list = fields[key] ?? [];
  const prefix = parent === '' ? key : `${parent}.${key}`;
  if (!Array.isArray(list)) {
    problems.push(`${prefix}: must be a list.`);
    return [];
  }
  return list.flatMap((row: unknown, index): [string, Fields][] => {
    const place = `${prefix}[${index}]`;
    if (!isFields(row)) {
      problems.push(`${place}: must hold keys and values.`);
      return [];
    }
    if (key !== 'roles') checkKeys(row, key, place, problems);
    return [[place, row]];
  });
}

function checkKeys(fields: Fields, kind: keyof typeof KEYS, place: string, problems: string[]): void {
  const known: readonly string[] = KEYS[kind];
  for (const key of Object.keys(fields)) {
    if (!known.includes(key))
      problems.push(`${place}: unknown key ${shown(key)}. Known: ${known.join(', ')}.`);
  }
}

function nameOf(fields: Fields, place: string, problems: string[]): string {
  const name = fields.name;
  if (typeof name === 'string' && name !== '' && name.length <= 255) return name;
  problems.push(`${place}: needs a name (text of 1 to 255 characters).`);
  return place;
}

function idOf(fields: Fields, seed: string, place: string, problems: string[]): string {
  const id = fields.id;
  if (id === undefined) return createHash('sha256').update(seed).digest('hex').slice(0, 32);
  if (typeof id === 'string' && ID.test(id)) return id;
  problems.push(`${place}: its id must be 1 to 64 letters, digits, - or _ (text).`);
  return place;
}

function passwordOf(fields: Fields, demo: boolean, place: string, problems: string[]): User['password'] {
  const { password_hash: hash, password: plain } = fields;
  if (typeof hash === 'string' && plain === undefined && isPasswordHash(hash)) return { hash };
  if (typeof plain === 'string' && plain !== '' && hash === undefined && demo) return { plain };
  problems.push(
    plain !== undefined && !demo
      ? `${place}: a plain password is accepted only in a file with demo: true; use password_hash (bcrypt).`
      : `${place}: needs a password_hash (bcrypt, cost 4 to 15).`,
  );
  return { hash: '' };
}

function add<T extends { id: string; name: string; domain?: Domain }>(
  map: Map<string, T>,
  entry: T,
  place: string,
  problems: string[],
): void {
  const same = [...map.values()].some(
    ({ id, name, domain }) => id === entry.id || (name === entry.name && domain?.id === entry.domain?.id),
  );
  if (same) problems.push(`${place}: ${shown(entry.name)} is there twice (same name or id).`);
  map.set(entry.id, entry);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : `of type ${typeof value}`;
}
