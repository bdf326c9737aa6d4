import { parse } from 'yaml';

/** What an image is made of, as its YAML file says. */
export interface ImageRecipe {
  name: string;
  base: {
    /** Debian release, such as bookworm. */
    release: string;
    /** URL of a mirror; null: the sources of this machine's apt. */
    mirror: string | null;
  };
  /** Debian packages. */
  packages: readonly string[];
  /** Playbook of Ansible, relative to the recipe's folder; null: none. */
  playbook: string | null;
  variables: Readonly<Record<string, unknown>>;
  /** Seconds since 1970 that files are not newer than. */
  source_date_epoch: number;
}

const NAME = /^[a-z0-9][a-z0-9.-]{0,62}$/;
const PACKAGE = /^[a-z0-9][a-z0-9+.-]+$/;
const FIELDS = ['name', 'base', 'packages', 'playbook', 'variables', 'source_date_epoch'];
/** 2024-01-01: a time that no file of a release is much older than. */
const EPOCH = 1_704_067_200;
/** With the kernel, an initramfs; without a kernel nothing boots. */
const KERNEL = /^linux-image-/;

/** @throws Error that names every problem of the text */
export function parseRecipe(text: string): ImageRecipe {
  const problems: string[] = [];
  const given = objectOf(parse(text, { maxAliasCount: 10 }) as unknown);
  if (given === null) throw new Error('The recipe must be a map: name, base, packages.');
  for (const field of Object.keys(given))
    if (!FIELDS.includes(field))
      problems.push(`${field}: there is no such field. There are: ${FIELDS.join(', ')}.`);
  const base = objectOf(given.base) ?? {};
  const release = String(base.release ?? '');
  const mirror = base.mirror ?? null;
  const packages = Array.isArray(given.packages) ? given.packages.map(String) : [];
  const playbook = given.playbook ?? null;
  const variables = given.variables === undefined ? {} : objectOf(given.variables);
  const source_date_epoch = given.source_date_epoch ?? EPOCH;
  if (!NAME.test(String(given.name))) problems.push('name: lower-case letters, digits, dots and hyphens.');
  if (!NAME.test(release)) problems.push('base.release: name a release of Debian, such as bookworm.');
  if (mirror !== null && !/^https?:\/\/[A-Za-z0-9.:/_~-]+$/.test(String(mirror)))
    problems.push('base.mirror: an http or https URL, or nothing for the sources of this machine.');
  for (const each of packages)
    if (!PACKAGE.test(each)) problems.push(`packages: ${JSON.stringify(each)} is no package.`);
  if (!packages.some((each) => KERNEL.test(each)))
    problems.push('packages: name a kernel, such as linux-image-amd64.');
  if (playbook !== null && !/^[A-Za-z0-9_][A-Za-z0-9_./-]*$/.test(String(playbook)))
    problems.push('playbook: a path below the folder of the recipe.');
  if (String(playbook).split('/').includes('..'))
    problems.push('playbook: it may not lie outside of the folder.');
  if (variables === null) problems.push('variables: a map.');
  if (!Number.isInteger(source_date_epoch) || Number(source_date_epoch) < 0)
    problems.push('source_date_epoch: whole seconds since 1970.');
  if (problems.length > 0)
    throw new Error(`The recipe has ${problems.length} problems:\n${problems.join('\n')}`);
  return {
    name: String(given.name),
    base: { release, mirror: mirror === null ? null : String(mirror) },
    packages: [...new Set(packages)].sort(),
    playbook: playbook === null ? null : String(playbook),
    variables: variables ?? {},
    source_date_epoch: Number(source_date_epoch),
  };
}

function objectOf(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}
