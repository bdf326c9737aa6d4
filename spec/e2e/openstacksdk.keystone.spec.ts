import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../config/project-root.ts';
import { run } from '../services/process.ts';
import { type KeystoneDeployment, startKeystoneDeployment } from './keystone-deployment.ts';
import { openstackEnvironment } from './openstack-shell.ts';

const STEP = { interface: 'deploy', step: 'hold', args: {}, order: 1 };

/** Scenario of openstacksdk-scenarios.py → what it must see. A refusal is its HTTP status; null: not refused. */
const EXPECTED: Readonly<Record<string, unknown>> = {
  creates: {
    created: 'enroll',
    found: true,
    missing: null,
    taken: 409,
    updated: [{ a: 'b' }, true, 'fan'],
    maintenance: false,
    properties: { cpus: 4 },
    set: 'again',
  },
  waits: ['manageable', 'power off', 'manageable', 'available', null],
  deploys: {
    early: 400,
    valid: [true, true, true],
    deployed: ['active', 'power off'],
    rescued: 'rescue',
    unrescued: 'active',
    deleted: ['available', {}],
  },
  powers: ['power on', 'power on', 'power off', 'power on', 'power off'],
  'manages hardware': ['bios', 'uefi', true],
  'tags traits': { traits: ['CUSTOM_B', 'CUSTOM_C'], removed: true, again: 404, bad: 400 },
  wires: {
    port: ['52:54:00:10:00:01', true, true],
    taken: 409,
    details: [{}],
    'by address': [true],
    updated: { slot: 1 },
    group: ['bond'],
    'groups left': 0,
  },
  'attaches vifs': {
    attached: true,
    twice: 409,
    'too many': 400,
    detached: true,
    gone: false,
    'gone, said': 400,
    left: [],
  },
  stores: {
    connectors: ['iqn.2017-05.org.openstack:9'],
    targets: [['v1', { target_lun: 1 }]],
    updated: 'v2',
    left: 0,
  },
  allocates: {
    state: 'active',
    matched: [true, true],
    listed: ['claim'],
    renamed: { a: 'b' },
    vain: true,
    freed: null,
  },
  'lists details': {
    paged: ['page-0', 'page-1', 'page-2'],
    detailed: ['fake-hardware', 'fake-hardware', 'fake-hardware'],
    narrow: [null, null, null],
    drivers: ['fake-hardware', 'ipmi'],
    driver: 'fake',
    conductors: [true],
    chassis: ['rack'],
  },
  'keeps templates': { steps: true, listed: ['CUSTOM_SDK'], extra: { a: 'b' } },
  'keeps runbooks': { statuses: [201, 200, 204], shown: ['CUSTOM_SDK', true, [STEP]], before: 404 },
  'keeps inspection rules': { statuses: [201, 200, 204], shown: ['sdk', 7, 'eq'], before: 404 },
  deletes: { found: null, again: null, said: 404 },
};

describe('S104 openstacksdk, with a real Keystone', function () {
  this.timeout(180_000);
  let deployment: KeystoneDeployment;
  let seen: Record<string, unknown>;

  before(async () => {
    deployment = await startKeystoneDeployment();
    const { code, stdout, stderr } = await run({
      command: '/usr/bin/python3',
      args: [join(projectRoot, 'spec/e2e/openstacksdk-scenarios.py')],
      env: openstackEnvironment(deployment.operator),
      timeout_ms: 150_000,
    });
    expect(code, stderr).to.equal(0);
    seen = JSON.parse(stdout) as Record<string, unknown>;
  });
  after(() => deployment?.[Symbol.asyncDispose]());

  for (const [scenario, expected] of Object.entries(EXPECTED))
    it(scenario, () => {
      expect(seen[scenario]).to.deep.equal(expected);
    });

  it('says all that it was asked to', () => {
    expect(Object.keys(seen)).to.have.members(Object.keys(EXPECTED));
  });
});
