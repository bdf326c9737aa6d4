import { expect } from 'chai';
import { hardwareVerdict, identityVerdict, type KnownServer } from '../../lifecycle/registration-verdict.ts';
import {
  flavorFacts,
  inventoryOf,
  reportProblem,
  schedulingProperties,
} from '../../lifecycle/server-report.ts';
import { newReport } from '../builders/server-report.ts';

const REPORT = newReport();
const MACS = REPORT.ports.map(({ mac }) => mac);

const known = (changes: Partial<KnownServer> = {}): KnownServer => ({
  node: { uuid: REPORT.system_uuid, provision_state: 'enroll' },
  serial_number: REPORT.serial_number,
  macs: MACS,
  registered: true,
  has_bmc: false,
  ...changes,
});

describe('S7 identityVerdict', () => {
  const OTHER = [{ uuid: '11111111-2222-4333-8444-555555555555' }];
  const ROWS: readonly [string, KnownServer | null, typeof OTHER, string, RegExp | null][] = [
    ['a server that nobody knows', null, [], 'new', null],
    ['one that tries again', known(), [], 'known', null],
    [
      'one whose node the operator made without a BMC',
      known({ registered: false, serial_number: null, macs: [] }),
      [],
      'known',
      null,
    ],
    [
      'one that was enrolled by hand',
      known({ registered: false, has_bmc: true }),
      [],
      'by-hand',
      /enrolled by hand/,
    ],
    ['another serial number', known({ serial_number: 'S-other' }), [], 'doubled-uuid', /S-other/],
    [
      'other MAC addresses',
      known({ macs: ['52:54:00:ff:ff:ff'] }),
      [],
      'doubled-uuid',
      /Two servers have the system UUID/,
    ],
    [
      'a node in use',
      known({ node: { uuid: REPORT.system_uuid, provision_state: 'active' } }),
      [],
      'in-use',
      /registered already.*active/,
    ],
    ["another node's MAC address", null, OTHER, 'foreign-address', /11111111/],
  ];
  for (const [name, facts, others, is, cause] of ROWS)
    it(name, () => {
      const verdict = identityVerdict(REPORT, facts, others);
      expect(verdict.is === 'refused' ? verdict.reason : verdict.is).to.equal(is);
      if (cause !== null && verdict.is === 'refused') expect(verdict.cause).to.match(cause);
    });
});

describe('S14 S15 S17 hardwareVerdict', () => {
  const [first] = REPORT.ports;
  const cable = { port: first?.name ?? '', switch_name: 'leaf1', switch_port: 'Eth1/1' };
  const rule = { component: 'bios', manufacturer: null, product_name: null, version: '9.9', enforced: true };

  it('finds nothing wrong where nothing is asked for', () => {
    expect(hardwareVerdict(REPORT, [], new Set(), []).failure).to.equal(null);
  });
  it('tells cabling before firmware', () => {
    const { failure } = hardwareVerdict(REPORT, [{ ...cable, switch_port: 'Eth1/9' }], new Set(), [rule]);
    expect(failure).to.deep.include({ step: 'cabling' });
    expect(failure?.cause).to.match(/expected leaf1 Eth1\/9, found leaf1 Eth1\/1/);
  });
  it('names old firmware and the version that is wanted', () => {
    const { failure, firmware } = hardwareVerdict(REPORT, [cable], new Set(), [rule]);
    expect(failure).to.deep.equal({
      step: 'firmware',
      cause: 'The firmware of bios (R640) is 2.10: at least 9.9 is wanted. Update it.',
    });
    expect(firmware[0]).to.include({ verdict: 'outdated' });
  });
  it('only tells of firmware that is not enforced', () => {
    const { failure, firmware } = hardwareVerdict(REPORT, [], new Set(), [{ ...rule, enforced: false }]);
    expect(failure).to.equal(null);
    expect(firmware[0]).to.include({ verdict: 'outdated', failed: false });
  });
});

describe('reports of servers', () => {
  const ROWS: readonly [string, Parameters<typeof newReport>[0], RegExp | null][] = [
    ['a whole one', {}, null],
    ['no UUID', { system_uuid: 'Not Settable' }, /is no UUID/],
    ['zeros', { system_uuid: '00000000-0000-0000-0000-000000000000' }, /placeholder/],
    ['a UUID of many boards', { system_uuid: '03000200-0400-0500-0006-000700080009' }, /placeholder/],
    ['no ports', { ports: [] }, /no network port/],
    ['a MAC address twice', { ports: [...REPORT.ports, ...REPORT.ports] }, /Two ports have the MAC address/],
    [
      'a MAC address that is none',
      { ports: REPORT.ports.map((port) => ({ ...port, mac: 'x' })) },
      /is no MAC/,
    ],
    [
      'more disks than there are',
      { disks: Array.from({ length: 513 }, () => REPORT.disks[0] as never) },
      /at most 512 disks/,
    ],
  ];
  for (const [name, changes, problem] of ROWS)
    it(name, () => {
      const said = reportProblem(newReport(changes));
      if (problem === null) expect(said).to.equal(null);
      else expect(said).to.match(problem);
    });

  it('S19 make the inventory that an agent of Ironic would give', () => {
    const made = inventoryOf(REPORT);
    expect(made).to.have.nested.property('system_vendor.serial_number', REPORT.serial_number);
    expect(made).to.have.nested.property('memory.physical_mb', 65_536);
    expect(made).to.have.nested.property('interfaces[0].mac_address', MACS[0]);
    expect(made).to.have.nested.property('disks[0].size', 480 * 1024 ** 3);
    expect(schedulingProperties(REPORT)).to.deep.equal({
      ...{ cpu_arch: 'x86_64', cpus: '32', memory_mb: '65536', local_gb: '479' },
      capabilities: 'boot_mode:uefi',
    });
    expect(flavorFacts(REPORT)).to.include({ disks: 1, disk_gb: 480, nics: 2, cpus: 32 });
  });
});
