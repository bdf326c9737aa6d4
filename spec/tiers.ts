import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { NeedName } from './services/packages.ts';

export interface Tier {
  /** What it needs beyond Node. */
  needs: readonly NeedName[];
  /** Limit of one test that names none, and of the whole tier. */
  test_timeout_ms: number;
  timeout_s: number;
}

/** The tiers of specs: `x.<tier>.spec.ts`; plain `x.spec.ts` is `unit`. The longest ones come first, so that they overlap. */
export const TIERS = {
  e2e: {
    needs: ['mariadb', 'rabbitmq', 'ipmi', 'openstack'],
    test_timeout_ms: 180_000,
    timeout_s: 1200,
  },
  chaos: { needs: ['mariadb', 'rabbitmq'], test_timeout_ms: 540_000, timeout_s: 1200 },
  rabbitmq: { needs: ['rabbitmq'], test_timeout_ms: 60_000, timeout_s: 600 },
  keystone: {
    needs: ['mariadb', 'rabbitmq', 'keystone', 'glance', 'openstack'],
    test_timeout_ms: 60_000,
    timeout_s: 1200,
  },
  unit: { needs: [], test_timeout_ms: 10_000, timeout_s: 1200 },
  portal: { needs: ['chromium', 'qemu'], test_timeout_ms: 60_000, timeout_s: 900 },
  axe: { needs: ['chromium'], test_timeout_ms: 60_000, timeout_s: 900 },
  mariadb: { needs: ['mariadb'], test_timeout_ms: 60_000, timeout_s: 900 },
  ipmi: { needs: ['ipmi'], test_timeout_ms: 60_000, timeout_s: 300 },
  boot: { needs: ['qemu', 'openstack'], test_timeout_ms: 300_000, timeout_s: 1200 },
  go: { needs: ['golang'], test_timeout_ms: 300_000, timeout_s: 330 },
  grpc: { needs: ['python_grpc'], test_timeout_ms: 60_000, timeout_s: 120 },
  redfish: { needs: ['sushy', 'ironic', 'ipmi'], test_timeout_ms: 60_000, timeout_s: 300 },
  image: { needs: ['image'], test_timeout_ms: 480_000, timeout_s: 540 },
  s3: { needs: ['swift'], test_timeout_ms: 60_000, timeout_s: 120 },
  iso: { needs: ['isoinfo'], test_timeout_ms: 10_000, timeout_s: 60 },
  shell: { needs: ['zsh'], test_timeout_ms: 60_000, timeout_s: 120 },
} as const satisfies Record<string, Tier>;

export type TierName = keyof typeof TIERS;

/** What one tier's process reports, as JSON in its result file. The file is missing when the process crashed. */
export interface TierResult {
  passed: number;
  failed: number;
  skipped: number;
}

/** Exit code of a tier's process that left something open: a socket, a timer, a child. */
export const LEFT_OPEN = 97;

/** True when `value` names a tier of specs. */
export function isTierName(value: string): value is TierName {
  return Object.hasOwn(TIERS, value);
}

/**
 * Spec files under `folder` (the sources), per tier, as paths relative to it with the compiled extension. Taken from the
 * sources, so that what is left in the build of a spec that was removed is not run.
 */
export function specFiles(folder: string): Record<TierName, string[]> {
  const files: Record<TierName, string[]> = {
    e2e: [],
    chaos: [],
    rabbitmq: [],
    unit: [],
    mariadb: [],
    ipmi: [],
    keystone: [],
    iso: [],
    shell: [],
    s3: [],
    image: [],
    redfish: [],
    grpc: [],
    go: [],
    boot: [],
    portal: [],
    axe: [],
  };
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const match = /^.+?(?:\.([a-z0-9]+))?\.spec\.ts$/.exec(entry.name);
    if (match === null || !entry.isFile()) continue;
    const suffix = match[1] ?? 'unit';
    if (!isTierName(suffix)) throw new Error(`${entry.name}: there is no tier ${suffix}.`);
    const path = join(entry.parentPath, entry.name).slice(folder.length + 1);
    files[suffix].push(path.replace(/\.ts$/, '.js'));
  }
  for (const list of Object.values(files)) list.sort();
  return files;
}
