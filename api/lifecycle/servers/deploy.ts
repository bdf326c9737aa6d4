import { deployInterface } from '../../../lifecycle/deploy-interface.ts';
import { serviceError } from '../../../lifecycle/errors.ts';
import { clientEvents } from '../../../lifecycle/machine.ts';
import { deployOfProfile } from '../../../lifecycle/profile-deploy.ts';
import type { NodeRecord } from '../../../lifecycle/records.ts';
import { mayHave } from '../../../lifecycle/server-profile.ts';
import { verbsFor } from '../../../lifecycle/verbs.ts';
import type { LifecycleApi, LifecycleHandler } from '../handler.ts';
import { visibleProfile } from '../registration/profiles.ts';
import { findServer, sideOf } from './access.ts';
import { serverDetail } from './view.ts';

const refused = (why: string) => serviceError('Conflict', { why });

/** Deploy interfaces that a profile chooses among; hardware with one of its own keeps that. */
const CHOSEN: readonly string[] = ['direct', 'ramdisk'];

/**
 * POST /v1/servers/{server}/deploy: installs the OS of a profile, whichever installer the profile is for.
 * @throws Conflict: not now, or the profile names nothing that this server can be deployed with
 */
export const deployServer: LifecycleHandler = async (request, api) => {
  const { caller } = request;
  const rules = ['baremetal:node:set_provision_state', 'baremetal:node:update_instance_info'];
  const { server, node } = await findServer(api, request, ...rules);
  if (node === null) throw refused(`The server ${server.uuid} was disposed of.`);
  if (!verbsFor(clientEvents(node.provision_state)).includes('active'))
    throw refused(
      `The server is ${node.provision_state}. A deploy is possible from available and deploy failed: give the server back first ` +
        '(kurogane server return), or have what it has installed anew (kurogane server rebuild).',
    );
  const { profile: ident } = request.body as { profile: string };
  const profile = await visibleProfile({ caller, params: { profile: ident } }, api);
  if (!mayHave(server, profile))
    throw refused(
      `The profile ${profile.name} is another project's than the server: make it public, or give it to that project.`,
    );
  const plan = deployOfProfile(profile, node.instance_info);
  if (plan === null)
    throw refused(
      `The profile ${profile.name} names nothing to deploy: give it kernel and initrd, an image, or an iso.`,
    );
  const changes = { instance_info: plan.instance_info, ...interfaceChange(api, node, plan.deploy_interface) };
  const changed = await api.conductor.updateNode(node, changes, caller);
  try {
    await api.conductor.provision(changed, 'active', {}, caller);
  } catch (error) {
    const { instance_info, deploy_interface } = node;
    await api.conductor.updateNode(changed, { instance_info, deploy_interface }, caller);
    throw error;
  }
  const now = await findServer(api, { ...request, params: { server: server.uuid } });
  const provider = api.policy.allows('lifecycle:server:get:provider', {}, caller);
  return { status: 202, body: serverDetail(now, sideOf(api, now.server, caller), provider) };
};

/** @throws Conflict: it is not enabled */
function interfaceChange(
  { settings }: Pick<LifecycleApi, 'settings'>,
  node: NodeRecord,
  wanted: string,
): Partial<NodeRecord> {
  const now = deployInterface(node);
  if (now === wanted || !CHOSEN.includes(now)) return {};
  if (!settings.DEFAULT.enabled_deploy_interfaces.includes(wanted))
    throw refused(
      `The profile is deployed by ${wanted}, which is not in [DEFAULT]enabled_deploy_interfaces.`,
    );
  return { deploy_interface: wanted };
}
