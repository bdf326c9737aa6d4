import { expect } from 'chai';
import { systemClock } from '../../../config/system-clock.ts';
import { createRedfishDriver } from '../../../drivers/redfish/driver.ts';
import type { Caller } from '../../../lifecycle/caller.ts';
import { startRedfishRack } from '../../../rack/redfish/redfish-rack.ts';
import { SILENT, settingsWith, startConductorBench } from '../../conductor/conductor-bench.ts';
import { serveLifecycle } from './lifecycle-bench.ts';

const P1: Partial<Caller> = { system_scope: false, project_id: 'p1', roles: ['member', 'reader'] };

describe('S88 moving a server to maintenance, and back', () => {
  it('asks nothing of its BMC: the BMC has seen no request', async () => {
    await using rack = await startRedfishRack({
      ...{ count: 1, clock: systemClock, boot_url: () => 'http://127.0.0.1:1' },
    });
    const [server] = rack.servers;
    if (server === undefined) throw new Error('The rack is empty.');
    const driver = createRedfishDriver({ clock: systemClock, log: SILENT }, settingsWith({}).redfish);
    await using bench = await startConductorBench(
      { DEFAULT: { enabled_hardware_types: ['redfish'] } },
      { driver },
    );
    await using api = await serveLifecycle(bench);
    await bench.start();
    const node = await bench.node({
      ...{ driver: 'redfish', provision_state: 'active', lessee: 'p1', power_state: 'power on' },
      driver_info: { ...server.redfish_info, redfish_verify_ca: false },
    });
    const act = (action: string, body?: object) =>
      api.ask('POST', `/v1/servers/${node.uuid}/actions/${action}`, body, P1);
    expect((await act('enter-maintenance', { reason: 'a new kernel' })).body.stage).to.equal('maintenance');
    expect((await act('leave-maintenance')).body.stage).to.equal('in-use');
    expect(server.redfish.requests).to.deep.equal([]);
    // The judge sees what is asked of it.
    await act('power-on');
    await bench.settled(node, 'active');
    expect(server.redfish.requests).not.to.deep.equal([]);
  });
});
