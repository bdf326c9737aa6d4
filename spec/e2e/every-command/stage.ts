import { expect } from 'chai';
import type { PublicApi } from '../../../bin/demo/public-api.ts';
import { eventually } from '../../services/eventually.ts';
import type { OpenstackShell } from '../openstack-shell.ts';

/** What the scenarios of the stock client play on. */
export interface Stage {
  /** Declares the scenario of one command, named as it is typed behind `openstack baremetal`. */
  command(name: string, scenario: () => Promise<void>): void;
  /** The client under test. Only inside scenarios and hooks, like `api`. */
  readonly shell: OpenstackShell;
  /** The API itself, to look behind the client's back. */
  readonly api: PublicApi;
}

/** Fields of a node that scenarios look at. */
export interface NodeView {
  uuid: string;
  name: string | null;
  provision_state: string;
  target_provision_state: string | null;
  power_state: string | null;
  target_power_state: string | null;
  reservation: string | null;
  last_error: string | null;
  maintenance: boolean;
  maintenance_reason: string | null;
  instance_info: Record<string, unknown>;
  driver_info: Record<string, unknown>;
  properties: Record<string, unknown>;
  extra: Record<string, unknown>;
  [field: string]: unknown;
}

export async function readNode(stage: Stage, node: string): Promise<NodeView> {
  return await stage.api.request('GET', `/v1/nodes/${node}`);
}

/** A node of fake-hardware, made behind the client's back. */
export async function createNode(stage: Stage, name: string, more: object = {}): Promise<NodeView> {
  return await stage.api.request('POST', '/v1/nodes', {
    name,
    driver: 'fake-hardware',
    deploy_interface: 'fake',
    boot_interface: 'fake',
    network_interface: 'noop',
    inspect_interface: 'fake',
    rescue_interface: 'fake',
    ...more,
  });
}

/** Resolves when the node rests in the state, without an error. */
export async function settles(stage: Stage, node: string, provision_state: string): Promise<NodeView> {
  return await eventually(async () => {
    const view = await readNode(stage, node);
    expect(view, String(view.last_error)).to.include({
      provision_state,
      reservation: null,
      last_error: null,
    });
    return view;
  });
}

/** Resolves when the node's power rests in the state. */
export async function powerSettles(stage: Stage, node: string, power_state: string): Promise<NodeView> {
  return await eventually(async () => {
    const view = await readNode(stage, node);
    expect(view).to.include({ power_state, target_power_state: null, reservation: null, last_error: null });
    return view;
  });
}

/** Takes a node through verbs behind the client's back: pairs of verb and the state that it ends in. */
export async function advance(
  stage: Stage,
  node: string,
  verbs: readonly (readonly [target: string, provision_state: string])[],
): Promise<void> {
  for (const [target, provision_state] of verbs) {
    await stage.api.request('PUT', `/v1/nodes/${node}/states/provision`, { target });
    await settles(stage, node, provision_state);
  }
}
