import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import nock from 'nock';
import { projectRoot } from '../../../config/project-root.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';

// Loading nock takes the global fetch over; other specs need theirs.
nock.restore();

/** HTTP of one spec: what is not expected is refused, and whatever was expected has to happen. */
export interface HttpStage extends Disposable {
  expect: typeof nock;
  /** Expectations that were not met. */
  pending(): string[];
}

export function startHttpStage(): HttpStage {
  nock.activate();
  nock.disableNetConnect();
  return {
    expect: nock,
    pending: () => nock.pendingMocks(),
    [Symbol.dispose]: () => {
      nock.cleanAll();
      nock.enableNetConnect();
      nock.restore();
    },
  };
}

/** Recorded answers: see spec/fixtures/neutron. */
export function recorded(): Readonly<Record<string, JsonObject>> {
  return JSON.parse(readFileSync(join(projectRoot, 'spec/fixtures/neutron/contract.json'), 'utf8'));
}

/** How specs reach services: at hosts that exist nowhere. */
export const SERVICE = {
  ...{ auth_url: 'http://keystone.test/identity', username: 'kurogane', password: 'hunter2-service' },
  ...{ user_domain_name: 'Default', project_name: 'service', project_domain_name: 'Default', cafile: '' },
  ...{ region_name: 'RegionOne', valid_interfaces: ['internal', 'public'], endpoint_override: '' },
  request_timeout: 5,
} as const;
