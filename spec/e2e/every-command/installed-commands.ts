import { expect } from 'chai';
import { run } from '../../services/process.ts';

/** What the plug-in of the bare-metal service registers with the stock client. */
const SCRIPT = `
import importlib.metadata
for entry in importlib.metadata.entry_points(group='openstack.baremetal.v1'):
    print(entry.name)
`;

/** The subcommands of `openstack baremetal` in the installed client, as typed: `node boot device set`. */
export async function installedCommands(): Promise<string[]> {
  // Debian's Python by its path: another one may come first on the PATH.
  const { code, stdout, stderr } = await run({ command: '/usr/bin/python3', args: ['-c', SCRIPT] });
  expect(code, stderr).to.equal(0);
  return stdout
    .trim()
    .split('\n')
    .map((name) => name.replace(/^baremetal_/, '').replaceAll('_', ' '))
    .sort();
}
