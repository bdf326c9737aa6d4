import { expect } from 'chai';
import {
  type BootFacts,
  type BootNode,
  bootPlan,
  chainScript,
  nodeScript,
  unknownServerScript,
} from '../../boot/script.ts';
import { WITHOUT_IMAGE } from '../../lifecycle/deploy-interface.ts';
import { PROVISION_STATES, type ProvisionState } from '../../lifecycle/states.ts';

const UUID = '6f1b0a52-3c1d-4a57-9a0e-1f4d4a7d1c11';
const MAC = '52:54:00:12:34:56';

const facts: BootFacts = {
  api_url: 'http://192.0.2.1:6385',
  kernel_append_params: 'nofb vga=normal',
  deploy_kernel: 'http://192.0.2.1:8088/images/agent.kernel',
  deploy_ramdisk: 'http://192.0.2.1:8088/images/agent.initramfs',
};

function node(provision_state: ProvisionState, changes: Partial<BootNode> = {}): BootNode {
  return {
    uuid: UUID,
    provision_state,
    deploy_interface: 'direct',
    driver_info: {},
    instance_info: {},
    properties: {},
    ...changes,
  };
}

const DISK = `#!ipxe
# node ${UUID}, active: disk
iseq \${platform} efi && exit || sanboot --no-describe --drive 0x80 || exit
`;

describe('boot/script', () => {
  it('sends every server on to its own script, and asks again while nobody answers', () => {
    expect(chainScript()).to.equal(`#!ipxe
:ask
chain --replace ipxe/\${uuid}?mac=\${netX/mac:hexhyp} || goto again
:again
echo The boot service did not answer; asking again in 10 seconds.
sleep 10
goto ask
`);
  });

  it('has what is in Glance or in a file fetched from the boot service', () => {
    const id = '1bea47ed-f6a9-463b-b423-14b9cca9ad27';
    const cleaned = nodeScript(
      node('clean wait', { driver_info: { deploy_kernel: id, deploy_ramdisk: 'file:///srv/images/initrd' } }),
      facts,
      MAC,
    );
    expect(cleaned).to.contain(`kernel --name kernel /boot-files/${UUID}/kernel initrd=initrd`);
    expect(cleaned).to.contain(`initrd --name initrd /boot-files/${UUID}/ramdisk ||`);
    const booted = node('active', {
      deploy_interface: 'ramdisk',
      instance_info: { boot_iso: `glance://${id}` },
    });
    expect(nodeScript(booted, facts, MAC)).to.contain(`sanboot /boot-files/${UUID}/iso ||`);
  });

  it('gives a node that is being cleaned the agent', () => {
    expect(nodeScript(node('clean wait'), facts, MAC)).to.equal(`#!ipxe
# node ${UUID}, clean wait: agent
kernel --name kernel http://192.0.2.1:8088/images/agent.kernel initrd=initrd ipa-api-url=http://192.0.2.1:6385 BOOTIF=01-52-54-00-12-34-56 nofb vga=normal || goto failed
initrd --name initrd http://192.0.2.1:8088/images/agent.initramfs || goto failed
boot || goto failed
:failed
echo The boot files could not be loaded; rebooting in 30 seconds.
sleep 30
reboot
`);
  });

  it('tells an agent that inspects where its findings go', () => {
    const plan = bootPlan(node('inspect wait'), facts, MAC);
    expect(plan).to.deep.equal({
      boot: 'agent',
      kernel: facts.deploy_kernel,
      ramdisk: facts.deploy_ramdisk,
      params:
        'ipa-api-url=http://192.0.2.1:6385 BOOTIF=01-52-54-00-12-34-56 ' +
        'ipa-inspection-callback-url=http://192.0.2.1:6385/v1/continue_inspection ipa-collect-lldp=1 nofb vga=normal',
    });
  });

  it("prefers the node's own ramdisk, and lets iPXE fill in an address that is not known", () => {
    const own = node('wait call-back', {
      driver_info: {
        deploy_kernel: 'http://images/k 1',
        deploy_ramdisk: 'http://images/r',
        kernel_append_params: 'console=ttyS0 %default% debug',
      },
    });
    expect(nodeScript(own, facts, null).split('\n').slice(2, 4)).to.deep.equal([
      `kernel --name kernel http://images/k%201 initrd=initrd ipa-api-url=http://192.0.2.1:6385 BOOTIF=01-\${netX/mac:hexhyp} console=ttyS0 nofb vga=normal debug || goto failed`,
      'initrd --name initrd http://images/r || goto failed',
    ]);
  });

  it('takes the rescue ramdisk for a rescue', () => {
    const rescue = node('rescue wait', {
      driver_info: { rescue_kernel: 'http://r/k', rescue_ramdisk: 'http://r/i' },
    });
    expect(bootPlan(rescue, facts, MAC)).to.include({
      boot: 'agent',
      kernel: 'http://r/k',
      ramdisk: 'http://r/i',
    });
  });

  it('keeps a value with line breaks on one line', () => {
    const sly = node('deploying', { driver_info: { kernel_append_params: 'a\nimgfree\r\nshell' } });
    expect(nodeScript(sly, facts, MAC).split('\n')).to.have.length(10);
    expect(nodeScript(sly, facts, MAC)).to.contain(' a imgfree shell || goto failed');
  });

  it('says on the console what is missing when there is no ramdisk', () => {
    expect(nodeScript(node('deploying'), { ...facts, deploy_kernel: '' }, MAC)).to.equal(`#!ipxe
echo Node ${UUID} is deploying but has no ramdisk: set deploy_kernel and deploy_ramdisk in its driver_info, or [conductor]deploy_kernel and deploy_ramdisk.
sleep 60
reboot
`);
  });

  it('boots the disk of a node in service', () => {
    expect(nodeScript(node('active'), facts, MAC)).to.equal(DISK);
  });

  it('boots the disk in every state that needs no agent', () => {
    const agent = PROVISION_STATES.filter((state) => bootPlan(node(state), facts, MAC).boot === 'agent');
    expect(agent).to.have.members([
      'deploying',
      'wait call-back',
      'deploy hold',
      'cleaning',
      'clean wait',
      'clean hold',
      'inspecting',
      'inspect wait',
      'rescuing',
      'rescue wait',
      'servicing',
      'service wait',
      'service hold',
    ]);
    const others = PROVISION_STATES.filter((state) => !agent.includes(state));
    expect(others.map((state) => bootPlan(node(state), facts, MAC).boot)).to.deep.equal(
      others.map(() => 'disk'),
    );
  });

  describe('with deploy interface ramdisk', () => {
    const ramdisk = { deploy_interface: 'ramdisk' };

    it('boots the kernel and ramdisk of the instance', () => {
      const instance_info = {
        kernel: 'http://i/k',
        ramdisk: 'http://i/r',
        kernel_append_params: 'root=/dev/ram0',
      };
      expect(nodeScript(node('active', { ...ramdisk, instance_info }), facts, MAC)).to.equal(`#!ipxe
# node ${UUID}, active: instance
kernel --name kernel http://i/k initrd=initrd root=/dev/ram0 || goto failed
initrd --name initrd http://i/r || goto failed
boot || goto failed
:failed
echo The boot files could not be loaded; rebooting in 30 seconds.
sleep 30
reboot
`);
    });

    it('boots the ISO of the instance', () => {
      const instance_info = { boot_iso: 'http://i/live.iso' };
      expect(nodeScript(node('deploying', { ...ramdisk, instance_info }), facts, MAC)).to.equal(`#!ipxe
# node ${UUID}, deploying: instance
sanboot http://i/live.iso || goto failed
:failed
echo The boot files could not be loaded; rebooting in 30 seconds.
sleep 30
reboot
`);
    });

    it('names what is missing', () => {
      expect(bootPlan(node('active', ramdisk), facts, MAC)).to.deep.equal({
        boot: 'nothing',
        why: `Node ${UUID} deploys with the ramdisk interface: set boot_iso, or kernel and ramdisk, in its instance_info, or give its flavor a profile.`,
      });
    });

    const kexec = { script_url: 'http://b/scripts/kexec.sh', script_sha256: 'ab12' };

    it('S42 S46 S47 boots the first stage with the script that starts the profile of its flavor, the same for every server', () => {
      expect(nodeScript(node('active', ramdisk), facts, MAC, kexec)).to.equal(`#!ipxe
# node ${UUID}, active: profile
kernel --name kernel ${facts.deploy_kernel} initrd=initrd BOOTIF=01-${MAC.replaceAll(':', '-')} kurogane.script=http://b/scripts/kexec.sh kurogane.script_sha256=ab12 ${facts.kernel_append_params} || goto failed
initrd --name initrd ${facts.deploy_ramdisk} || goto failed
boot || goto failed
:failed
echo The boot files could not be loaded; rebooting in 30 seconds.
sleep 30
reboot
`);
      const named = { ...ramdisk, instance_info: { kernel: 'http://i/k', ramdisk: 'http://i/r' } };
      expect(bootPlan(node('active', named), facts, MAC, kexec).boot).to.equal('instance');
      expect(bootPlan(node('cleaning', ramdisk), facts, MAC, kexec).boot).to.equal('agent');
      const without_image = { ...ramdisk, instance_info: WITHOUT_IMAGE };
      expect(bootPlan(node('active', without_image), facts, MAC, kexec).boot).to.equal('disk');
      expect(bootPlan(node('active'), facts, MAC, kexec).boot).to.equal('disk');
    });

    it('is cleaned by the agent all the same', () => {
      expect(bootPlan(node('cleaning', ramdisk), facts, MAC).boot).to.equal('agent');
    });
  });

  it('boots the disk of a server that nobody knows', () => {
    expect(unknownServerScript()).to.equal(`#!ipxe
echo No node has a port with this address: booting from disk.
iseq \${platform} efi && exit || sanboot --no-describe --drive 0x80 || exit
`);
  });
});
