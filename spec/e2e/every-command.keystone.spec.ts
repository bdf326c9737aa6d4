import { expect } from 'chai';
import { logIn, type PublicApi } from '../../bin/demo/public-api.ts';
import { driverCommands } from './every-command/drivers.ts';
import { installedCommands } from './every-command/installed-commands.ts';
import { networkCommands } from './every-command/network.ts';
import { nodeFieldCommands } from './every-command/node-fields.ts';
import { nodeHardwareCommands } from './every-command/node-hardware.ts';
import { nodeLifeCommands } from './every-command/node-life.ts';
import { schedulingCommands } from './every-command/scheduling.ts';
import type { Stage } from './every-command/stage.ts';
import { volumeCommands } from './every-command/volume.ts';
import { type KeystoneDeployment, startKeystoneDeployment } from './keystone-deployment.ts';
import { type OpenstackShell, startOpenstackShell } from './openstack-shell.ts';

describe('every command of the stock client, with a real Keystone', function () {
  this.timeout(120_000);
  const scenarios: string[] = [];
  let deployment: KeystoneDeployment;
  let shell: OpenstackShell;
  let api: PublicApi;
  const stage: Stage = {
    command(name, scenario) {
      scenarios.push(name);
      it(name, scenario);
    },
    get shell() {
      return shell;
    },
    get api() {
      return api;
    },
  };

  before(async () => {
    deployment = await startKeystoneDeployment();
    shell = await startOpenstackShell(deployment.operator);
    const { auth_url, username, password } = deployment.operator;
    api = await logIn(auth_url, { name: username, password, project: null });
  });
  after(async () => {
    await shell?.[Symbol.asyncDispose]();
    await deployment?.[Symbol.asyncDispose]();
  });

  describe('a node’s fields', () => nodeFieldCommands(stage));
  describe('a node’s life', () => nodeLifeCommands(stage));
  describe('a node’s hardware', () => nodeHardwareCommands(stage));
  describe('networks', () => networkCommands(stage));
  describe('volumes', () => volumeCommands(stage));
  describe('drivers and conductors', () => driverCommands(stage));
  describe('scheduling', () => schedulingCommands(stage));

  it('has one scenario for each command that is installed', async () => {
    expect([...scenarios].sort()).to.deep.equal(await installedCommands());
  });
});
