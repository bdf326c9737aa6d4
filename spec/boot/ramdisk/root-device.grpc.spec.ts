import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../../config/project-root.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { run } from '../../services/process.ts';

const AGENT = join(projectRoot, 'boot', 'ramdisk', 'root', 'usr', 'bin', 'kurogane-agent');
const GIB = 1024 ** 3;
const DISKS = [
  { name: '/dev/nvme0n1', model: 'PM1733', vendor: null, serial: 'N1', size: 900 * GIB, rotational: false },
  { name: '/dev/sda', model: 'ST4000', vendor: 'Seagate', serial: 'A1', size: 3726 * GIB, rotational: true },
  { name: '/dev/sdb', model: 'PM883', vendor: 'ATA', serial: 'B1', size: 447 * GIB, rotational: false },
  { name: '/dev/sdc', model: 'stick', vendor: 'USB', serial: 'C1', size: 2 * GIB, rotational: false },
];
const DRIVER = `
import importlib.machinery, importlib.util, json, sys
loader = importlib.machinery.SourceFileLoader("agent", sys.argv[1])
agent = importlib.util.module_from_spec(importlib.util.spec_from_loader("agent", loader))
loader.exec_module(agent)
agent.disks = lambda: json.loads(sys.argv[2])
for hints in json.loads(sys.argv[3]):
    try:
        print(agent.root_disk(hints)["name"])
    except agent.AgentError as error:
        print(error)
`;

const ROWS: readonly [string, JsonObject | null, string | RegExp][] = [
  ['no hints: the smallest that has room', null, '/dev/sdb'],
  ['a name', { name: '/dev/sda' }, '/dev/sda'],
  ['a serial number, whatever its case', { serial: 'n1' }, '/dev/nvme0n1'],
  ['two hints', { rotational: 'false', size: '>= 500' }, '/dev/nvme0n1'],
  ['a size in GiB', { size: 447 }, '/dev/sdb'],
  ['a part of a model', { model: '<in> pm8' }, '/dev/sdb'],
  ['one of several', { name: '<or> /dev/sdx <or> /dev/sdc' }, '/dev/sdc'],
  ['anything but a vendor', { vendor: 's!= seagate', size: '> 500' }, '/dev/nvme0n1'],
  ['none that fits', { serial: 'Z' }, /No disk fits the root device hints/],
  ['a hint that is not known', { by_path: '/dev/disk/x' }, /hint by_path is not known to this agent/],
  ['a size that is none', { size: 'large' }, /size is no number of GiB: large/],
];

describe('root device hints', () => {
  it('choose the disk that Ironic would, or none', async () => {
    const hints = JSON.stringify(ROWS.map(([, row]) => row));
    const { stdout, stderr } = await run({
      command: '/usr/bin/python3',
      args: ['-c', DRIVER, AGENT, JSON.stringify(DISKS), hints],
      env: { PATH: '/usr/bin:/bin', PYTHONDONTWRITEBYTECODE: '1' },
    });
    const said = stdout.trim().split('\n');
    expect(said, stderr).to.have.length(ROWS.length);
    for (const [index, [name, , wanted]] of ROWS.entries())
      if (typeof wanted === 'string') expect(said[index], name).to.equal(wanted);
      else expect(said[index], name).to.match(wanted);
  });
});
