import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../../config/project-root.ts';
import { systemClock } from '../../../config/system-clock.ts';
import { startRedfishRack } from '../../../rack/redfish/redfish-rack.ts';
import { runTool } from '../run-tool.ts';

const SCENARIO = join(projectRoot, 'spec/rack/redfish/sushy-scenario.py');
/** Debian's own Python, which has the package. */
const PYTHON = '/usr/bin/python3';

describe('sushy against the Redfish stand-in', () => {
  it('reads and changes all that Ironic does with it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kurogane-sushy-'));
    const rack = await startRedfishRack({ count: 1, clock: systemClock, delays_ms: { soft_off: 0 } });
    try {
      const [server] = rack.servers;
      if (server === undefined) throw new Error('no server');
      const ca = join(folder, 'ca.pem');
      await writeFile(ca, rack.ca);
      const { code, stdout, stderr } = await runTool(PYTHON, [
        SCENARIO,
        server.redfish.url,
        ca,
        server.password,
      ]);
      expect(code, stderr.slice(-2000)).to.equal(0);
      expect(JSON.parse(stdout)).to.deep.equal({
        power: ['Off', 'On'],
        bios: 0,
        pending: { ProcCores: 8 },
        applied: [8, {}],
        drives: [
          ['Disk.1', 'SSD'],
          ['Disk.2', 'SSD'],
          ['Disk.3', 'HDD'],
          ['Disk.4', 'HDD'],
        ],
        volume: ['Volume.1', 'RAID1', 100 * 1024 ** 3],
        'volumes left': 0,
        'update at first': true,
        firmware: { BIOS: '1.0.0', BMC: '2.0.0', 'NIC-Slot-1': '1.0.0' },
        'bmc version': '2.0.0',
        media: [true, 'http://127.0.0.1/a.iso', false],
        subscription: ['1', 'c'],
        processors: [16, 'x86'],
        memory: 64,
        interfaces: 2,
      });
      const { state } = server.redfish;
      expect(state.secure_boot_keys).to.equal('default');
      expect(server.machine.reboots).to.equal(1);
      expect(state.media[0]?.login).to.deep.equal({ username: 'u', password: 'p' });
    } finally {
      await rack[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
