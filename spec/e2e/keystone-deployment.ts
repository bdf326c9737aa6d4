import { type KeystoneServer, startKeystone } from '../services/keystone.ts';
import { type Deployment, startDeployment } from './deployment.ts';
import type { OpenstackAccount } from './openstack-shell.ts';

/** Kurogane behind a real Keystone: its tokens, its catalogue. */
export interface KeystoneDeployment extends AsyncDisposable {
  readonly keystone: KeystoneServer;
  readonly service: Deployment;
  /** admin with system scope. */
  readonly operator: OpenstackAccount;
  /** Nova's own user: the role `service` on the project `service`. */
  readonly nova: OpenstackAccount;
}

type Configuration = NonNullable<Parameters<typeof startDeployment>[0]>;

/** Every interface of fake-hardware that does its work in memory, and those that the virtual rack's servers need. */
const INTERFACES = {
  enabled_hardware_types: ['fake-hardware', 'ipmi'],
  enabled_bios_interfaces: ['fake', 'no-bios'],
  enabled_boot_interfaces: ['ipxe', 'pxe', 'fake'],
  enabled_console_interfaces: ['fake', 'no-console'],
  enabled_deploy_interfaces: ['direct', 'ramdisk', 'fake'],
  enabled_firmware_interfaces: ['fake', 'no-firmware'],
  enabled_inspect_interfaces: ['agent', 'no-inspect', 'fake'],
  enabled_network_interfaces: ['noop', 'flat'],
  enabled_raid_interfaces: ['fake', 'no-raid'],
  enabled_rescue_interfaces: ['agent', 'no-rescue', 'fake'],
  enabled_storage_interfaces: ['noop', 'fake'],
  enabled_vendor_interfaces: ['ipmitool', 'fake', 'no-vendor'],
};

export async function startKeystoneDeployment(settings: Configuration = {}): Promise<KeystoneDeployment> {
  const keystone = await startKeystone();
  const { admin } = keystone;
  try {
    const { id: project_id } = await admin.createProject('service');
    const [own, nova] = [await admin.createUser('kurogane'), await admin.createUser('nova')];
    for (const { id } of [own, nova]) await admin.grant(id, 'service', { project_id });
    const service = await startDeployment({
      ...settings,
      DEFAULT: {
        ...INTERFACES,
        auth_strategy: 'keystone',
        rbac_service_role_elevated_access: true,
        ...settings.DEFAULT,
      },
      identity: { enabled: false },
      keystone_authtoken: {
        auth_url: keystone.url,
        www_authenticate_uri: keystone.url,
        username: own.name,
        password: own.password,
      },
    });
    const dispose = async (): Promise<void> => {
      await service[Symbol.asyncDispose]();
      await keystone[Symbol.asyncDispose]();
    };
    try {
      await admin.createEndpoint('baremetal', 'kurogane', service.api_url);
    } catch (error) {
      await service[Symbol.asyncDispose]();
      throw error;
    }
    const auth_url = keystone.url;
    return {
      keystone,
      service,
      operator: { auth_url, username: admin.account.name, password: admin.account.password },
      nova: { auth_url, username: nova.name, password: nova.password, project_name: 'service' },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await keystone[Symbol.asyncDispose]();
    throw error;
  }
}
