import { expect } from 'chai';
import type { Stage } from './stage.ts';

type Row = Record<string, unknown>;

/** Hardware types and the conductors that serve them. */
export function driverCommands(stage: Stage): void {
  const { command } = stage;

  async function conductor(): Promise<string> {
    const { conductors } = await stage.api.request<{ conductors: { hostname: string }[] }>(
      'GET',
      '/v1/conductors',
    );
    expect(conductors).to.have.length(1);
    return conductors[0]?.hostname ?? '';
  }

  command('conductor list', async () => {
    const rows = await stage.shell.json<Row[]>('baremetal conductor list');
    expect(rows).to.deep.equal([{ Hostname: await conductor(), 'Conductor Group': '', Alive: true }]);
    const long = await stage.shell.json<Row[]>('baremetal conductor list --long');
    expect(long[0]?.Drivers).to.have.members(['fake-hardware', 'ipmi']);
  });

  command('conductor show', async () => {
    const hostname = await conductor();
    expect(await stage.shell.json(`baremetal conductor show ${hostname}`)).to.include({
      hostname,
      alive: true,
    });
    expect(await stage.shell.fails('baremetal conductor show nobody')).to.match(/nobody/);
  });

  command('driver list', async () => {
    const rows = await stage.shell.json<Row[]>('baremetal driver list');
    const names = rows.map((row) => row['Supported driver(s)']);
    expect(names).to.have.members(['fake-hardware', 'ipmi']);
    const long = await stage.shell.json<Row[]>('baremetal driver list --long --type dynamic');
    const fake = long.find((row) => row['Supported driver(s)'] === 'fake-hardware');
    expect(fake).to.deep.include({ Type: 'dynamic', 'Default Deploy Interface': 'fake' });
  });

  command('driver show', async () => {
    const shown = await stage.shell.json('baremetal driver show fake-hardware');
    expect(shown).to.deep.include({ name: 'fake-hardware', hosts: await conductor() });
    expect(shown.enabled_network_interfaces).to.include('noop');
    expect(await stage.shell.fails('baremetal driver show nothing')).to.match(/nothing/);
  });

  command('driver property list', async () => {
    const rows = await stage.shell.json<Row[]>('baremetal driver property list ipmi');
    expect(rows.map(({ Property }) => Property)).to.include.members(['ipmi_address', 'ipmi_password']);
  });

  command('driver raid property list', async () => {
    const rows = await stage.shell.json<Row[]>('baremetal driver raid property list fake-hardware');
    expect(rows.map(({ Property }) => Property)).to.include.members(['size_gb', 'raid_level']);
  });

  command('driver passthru list', async () => {
    expect(await stage.shell.json('baremetal driver passthru list ipmi')).to.deep.equal([]);
  });

  command('driver passthru call', async () => {
    const why = await stage.shell.fails('baremetal driver passthru call ipmi no_such_method --arg a=b');
    expect(why).to.match(/no_such_method/);
    expect(why).to.match(/HTTP 400/);
  });
}
