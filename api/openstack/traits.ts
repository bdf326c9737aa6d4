import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../config/project-root.ts';
import type { TextFormat } from '../http/operations.ts';

const CUSTOM_TRAIT = /^CUSTOM_[A-Z0-9_]+$/;

/** The standard traits of OpenStack (os-traits), one a line. */
const STANDARD_TRAITS: ReadonlySet<string> = new Set(
  readFileSync(join(projectRoot, 'api', 'openstack', 'standard-traits.txt'), 'utf8')
    .split('\n')
    .filter(Boolean),
);

export const MAX_TRAITS = 50;

/** A standard trait, or CUSTOM_ and up to 255 characters in all. */
export function isTrait(value: string): boolean {
  return value.length <= 255 && (CUSTOM_TRAIT.test(value) || STANDARD_TRAITS.has(value));
}

/** The format `trait` of openapi.yaml. */
export const TRAIT_FORMAT: TextFormat = {
  fits: isTrait,
  hint: 'must be a standard trait or CUSTOM_ followed by A-Z, 0-9 and _',
};
