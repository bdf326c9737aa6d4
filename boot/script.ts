import { deployInterface } from '../lifecycle/deploy-interface.ts';
import { parseImageSource } from '../lifecycle/image-source.ts';
import type { NodeRecord } from '../lifecycle/records.ts';
import { namesWhatItBoots } from '../lifecycle/server-profile.ts';
import type { ProvisionState } from '../lifecycle/states.ts';

/** What a script needs to know besides the node. URLs have no slash at the end. */
export interface BootFacts {
  /** Base URL of the API as agents reach it. */
  api_url: string;
  /** `[pxe]kernel_append_params`. */
  kernel_append_params: string;
  /** `[conductor]deploy_kernel` and `deploy_ramdisk`; '' = none. */
  deploy_kernel: string;
  deploy_ramdisk: string;
}

export type BootNode = Pick<
  NodeRecord,
  'uuid' | 'provision_state' | 'deploy_interface' | 'driver_info' | 'instance_info' | 'properties'
>;

/** What a plan may boot from Glance or from a file of the boot service. */
export type BootFile = 'kernel' | 'ramdisk' | 'iso';

/** States in which a server that boots from the network gets the agent's ramdisk. */
const AGENT_STATES: Partial<Record<ProvisionState, 'deploy' | 'rescue'>> = {
  deploying: 'deploy',
  'wait call-back': 'deploy',
  'deploy hold': 'deploy',
  cleaning: 'deploy',
  'clean wait': 'deploy',
  'clean hold': 'deploy',
  inspecting: 'deploy',
  'inspect wait': 'deploy',
  rescuing: 'rescue',
  'rescue wait': 'rescue',
  servicing: 'deploy',
  'service wait': 'deploy',
  'service hold': 'deploy',
};

const INSPECTION_STATES: readonly ProvisionState[] = ['inspecting', 'inspect wait'];

/** States in which a node of the `ramdisk` deploy interface boots its instance from the network. */
const INSTANCE_STATES: readonly ProvisionState[] = ['deploying', 'wait call-back', 'active'];

/** What a server that asks is to boot, decided from the node alone. */
export type BootPlan =
  | { boot: 'agent'; kernel: string; ramdisk: string; params: string }
  | { boot: 'instance'; kernel: string; ramdisk: string; params: string }
  | { boot: 'profile'; kernel: string; ramdisk: string; params: string }
  | { boot: 'iso'; url: string }
  | { boot: 'disk' }
  | { boot: 'nothing'; why: string };

/** A script that the first stage fetches and runs. */
export interface StageScript {
  script_url: string;
  /** Hexadecimal. */
  script_sha256: string;
}

/**
 * The plan for a node.
 *
 * @param mac the address that the server booted from, lower case with colons, when it is known.
 * @param kexec the script that starts the profile of a server's flavor. Default: there is none.
 */
export function bootPlan(
  node: BootNode,
  facts: BootFacts,
  mac: string | null,
  kexec: StageScript | null = null,
): BootPlan {
  const state = node.provision_state;
  const own = deployInterface(node) === 'ramdisk' && INSTANCE_STATES.includes(state);
  const by_profile = own && kexec !== null && !namesWhatItBoots(node.instance_info);
  if (own && !by_profile) return instancePlan(node);
  const kind = by_profile ? 'deploy' : AGENT_STATES[state];
  if (kind === undefined) return { boot: 'disk' };
  const kernel = text(node.driver_info[`${kind}_kernel`]) || facts.deploy_kernel;
  const ramdisk = text(node.driver_info[`${kind}_ramdisk`]) || facts.deploy_ramdisk;
  if (kernel === '' || ramdisk === '')
    return {
      boot: 'nothing',
      why: `Node ${node.uuid} is ${state} but has no ramdisk: set ${kind}_kernel and ${kind}_ramdisk in its driver_info, or [conductor]deploy_kernel and deploy_ramdisk.`,
    };
  if (!by_profile) return { boot: 'agent', kernel, ramdisk, params: agentParams(node, facts, mac) };
  const params = [bootInterface(mac), stageParams(kexec), appended(node, facts)].filter(Boolean).join(' ');
  return { boot: 'profile', kernel, ramdisk, params };
}

/** Whether the script that starts a profile has to be known to say what a node boots. */
export function maybeProfile(node: BootNode): boolean {
  return deployInterface(node) === 'ramdisk' && !namesWhatItBoots(node.instance_info);
}

const stageParams = ({ script_url, script_sha256 }: StageScript): string =>
  `kurogane.script=${url(script_url)} kurogane.script_sha256=${script_sha256}`;

/** The iPXE script that carries out the plan for a node. Parameters as for bootPlan. */
export function nodeScript(
  node: BootNode,
  facts: BootFacts,
  mac: string | null,
  kexec: StageScript | null = null,
): string {
  const plan = bootPlan(node, facts, mac, kexec);
  return RENDER[plan.boot](node, plan as never);
}

/**
 * The script that every server gets first: it asks again, now saying who it is. A service that cannot answer is asked
 * again, because a server in the middle of a deploy must not boot its disk by accident. `netX` is the interface that
 * the server booted from; `hexhyp` because a colon in a relative URL reads as a scheme in older iPXE.
 */
export function chainScript(): string {
  return lines(
    '#!ipxe',
    ':ask',
    `chain --replace ipxe/\${uuid}?mac=${MAC} || goto again`,
    ':again',
    'echo The boot service did not answer; asking again in 10 seconds.',
    'sleep 10',
    'goto ask',
  );
}

/** The script for a server that no node or port describes: its own disk. */
export function unknownServerScript(): string {
  return lines('#!ipxe', 'echo No node has a port with this address: booting from disk.', ...LOCAL_DISK);
}

/** How a new server finds the registration service, and by which script. */
export interface RegistrationFacts extends StageScript {
  /** `host:port` */
  target: string;
  /** Of the service's certificate, hexadecimal. */
  certificate_sha256: string;
  /** Enrolment token. */
  token: string;
}

/**
 * The script for a server that is to register: the first-stage ramdisk, which fetches the registration script. null: no ramdisk is
 * configured.
 *
 * @param mac as for bootPlan.
 */
export function registrationScript(
  facts: BootFacts,
  registration: RegistrationFacts,
  mac: string | null,
): string | null {
  const { deploy_kernel: kernel, deploy_ramdisk: ramdisk } = facts;
  if (kernel === '' || ramdisk === '') return null;
  const params = [
    bootInterface(mac),
    stageParams(registration),
    `kurogane.registration=${registration.target} kurogane.registration_sha256=${registration.certificate_sha256}`,
    `kurogane.token=${registration.token}`,
    oneLine(facts.kernel_append_params),
  ];
  return loaderScript('a new server: registration', {
    kernel: url(kernel),
    ramdisk: url(ramdisk),
    params: params.filter(Boolean).join(' '),
  });
}

const MAC = `\${netX/mac:hexhyp}`;

const bootInterface = (mac: string | null): string =>
  `BOOTIF=01-${mac === null ? MAC : mac.replaceAll(':', '-')}`;

/** UEFI firmware goes on to its next boot option; BIOS needs the disk named. */
const LOCAL_DISK = [`iseq \${platform} efi && exit || sanboot --no-describe --drive 0x80 || exit`] as const;

const RENDER: {
  [B in BootPlan['boot']]: (node: BootNode, plan: Extract<BootPlan, { boot: B }>) => string;
} = {
  agent: (node, plan) => kernelScript(node, plan),
  instance: (node, plan) => kernelScript(node, plan),
  profile: (node, plan) => kernelScript(node, plan),
  iso: (node, plan) =>
    lines(
      '#!ipxe',
      `# node ${node.uuid}, ${node.provision_state}: instance`,
      `sanboot ${placeOf(node, 'iso', plan.url)} || goto failed`,
      ...FAILED,
    ),
  disk: (node) => lines('#!ipxe', `# node ${node.uuid}, ${node.provision_state}: disk`, ...LOCAL_DISK),
  nothing: (_node, plan) => lines('#!ipxe', `echo ${oneLine(plan.why)}`, 'sleep 60', 'reboot'),
};

function kernelScript(node: BootNode, plan: Extract<BootPlan, { kernel: string }>): string {
  return loaderScript(`node ${node.uuid}, ${node.provision_state}: ${plan.boot}`, {
    kernel: placeOf(node, 'kernel', plan.kernel),
    ramdisk: placeOf(node, 'ramdisk', plan.ramdisk),
    params: plan.params,
  });
}

/** `initrd=initrd` is what finds the ramdisk under UEFI. */
function loaderScript(title: string, plan: { kernel: string; ramdisk: string; params: string }): string {
  const params = plan.params === '' ? '' : ` ${plan.params}`;
  return lines(
    '#!ipxe',
    `# ${title}`,
    `kernel --name kernel ${plan.kernel} initrd=initrd${params} || goto failed`,
    `initrd --name initrd ${plan.ramdisk} || goto failed`,
    'boot || goto failed',
    ...FAILED,
  );
}

const FAILED = [
  ':failed',
  'echo The boot files could not be loaded; rebooting in 30 seconds.',
  'sleep 30',
  'reboot',
] as const;

function instancePlan(node: BootNode): BootPlan {
  const { instance_info } = node;
  const iso = text(instance_info.boot_iso);
  if (iso !== '') return { boot: 'iso', url: iso };
  const kernel = text(instance_info.kernel);
  const ramdisk = text(instance_info.ramdisk);
  if (kernel === '' || ramdisk === '')
    return {
      boot: 'nothing',
      why: `Node ${node.uuid} deploys with the ramdisk interface: set boot_iso, or kernel and ramdisk, in its instance_info, or give its flavor a profile.`,
    };
  return { boot: 'instance', kernel, ramdisk, params: oneLine(text(instance_info.kernel_append_params)) };
}

function agentParams(node: BootNode, facts: BootFacts, mac: string | null): string {
  const inspecting = INSPECTION_STATES.includes(node.provision_state)
    ? [`ipa-inspection-callback-url=${facts.api_url}/v1/continue_inspection`, 'ipa-collect-lldp=1']
    : [];
  return [`ipa-api-url=${facts.api_url}`, bootInterface(mac), ...inspecting, appended(node, facts)]
    .filter((param) => param !== '')
    .join(' ');
}

function appended(node: BootNode, facts: BootFacts): string {
  const own = node.driver_info.kernel_append_params;
  return oneLine(
    typeof own === 'string'
      ? own.replaceAll('%default%', () => facts.kernel_append_params)
      : facts.kernel_append_params,
  );
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A value from a node's fields must not start a new command of the script. */
function oneLine(value: string): string {
  return value.split(CONTROL_OR_SPACE).join(' ').trim();
}

/** Where the server fetches a file: at its URL, or from the boot service that sent the script. */
export function placeOf(node: BootNode, file: BootFile, reference: string): string {
  const source = parseImageSource(reference.trim());
  const served = 'kind' in source && source.kind !== 'http';
  return served ? `/boot-files/${node.uuid}/${file}` : url(reference);
}

function url(value: string): string {
  return value.trim().split(CONTROL_OR_SPACE).join('%20');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const CONTROL_OR_SPACE = /[\s\u0000-\u001f\u007f]+/;

function lines(...parts: readonly string[]): string {
  return `${parts.join('\n')}\n`;
}
