import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GLANCE_API } from './glance.ts';
import { KEYSTONE_MANAGE, UWSGI } from './keystone.ts';
import { run } from './process.ts';
import { RABBITMQ_SERVER } from './rabbitmq.ts';
import { SWIFT_PROXY } from './swift.ts';

interface Need {
  /** Debian packages. */
  packages: readonly string[];
  /** Programs and files that prove them: a name is looked for on the PATH (and in sbin), a path as it is. */
  proof: readonly string[];
  /** A variable that names a server elsewhere; with it the packages are not needed. */
  instead?: string;
}

/** The boot loader of CDs, and the part that it loads. */
export const ISOLINUX = '/usr/lib/ISOLINUX/isolinux.bin';
export const LDLINUX = '/usr/lib/syslinux/modules/bios/ldlinux.c32';

/** The real programs that tests are made with. */
const NEEDS = {
  mariadb: {
    packages: ['mariadb-server'],
    proof: ['mariadbd', 'mariadb-install-db'],
    instead: 'KUROGANE_TEST_DATABASE_URL',
  },
  rabbitmq: {
    packages: ['rabbitmq-server'],
    proof: [RABBITMQ_SERVER, 'epmd'],
    instead: 'KUROGANE_TEST_AMQP_URL',
  },
  ipmi: {
    packages: ['ipmitool', 'openipmi', 'freeipmi-tools'],
    proof: ['ipmitool', 'ipmi_sim', 'ipmipower'],
  },
  keystone: {
    packages: ['keystone', 'uwsgi-core', 'uwsgi-plugin-python3', 'python3-pymysql'],
    proof: [
      KEYSTONE_MANAGE,
      UWSGI,
      '/usr/lib/uwsgi/plugins/python3_plugin.so',
      '/usr/lib/python3/dist-packages/pymysql',
    ],
  },
  glance: { packages: ['glance-api'], proof: [GLANCE_API] },
  openstack: {
    packages: ['python3-openstackclient', 'python3-ironicclient', 'python3-openstacksdk'],
    proof: [
      '/usr/bin/openstack',
      '/usr/lib/python3/dist-packages/ironicclient',
      '/usr/lib/python3/dist-packages/openstack',
    ],
  },
  qemu: {
    packages: [
      'qemu-system-x86',
      'ipxe-qemu',
      'seabios',
      'syslinux',
      'mtools',
      'squashfs-tools',
      'cpio',
      'openssh-client',
      'ovmf',
      'ipxe',
      'dnsmasq-base',
      'iproute2',
      'isolinux',
      'syslinux-common',
    ],
    proof: [
      ...['qemu-system-x86_64', '/usr/lib/ipxe/qemu/pxe-virtio.rom', '/usr/share/seabios/bios-256k.bin'],
      ...['syslinux', '/usr/lib/SYSLINUX/mbr.bin', 'mcopy', 'mksquashfs', 'cpio', 'ssh', 'ssh-keygen'],
      ...['/usr/share/OVMF/OVMF_CODE_4M.fd', '/usr/lib/ipxe/ipxe.efi', 'dnsmasq', 'ip', 'unshare'],
      ...[ISOLINUX, LDLINUX],
    ],
  },
  golang: {
    packages: [
      ...['golang-go', 'golang-google-grpc-dev', 'golang-google-protobuf-dev'],
      ...['protobuf-compiler', 'protoc-gen-go-1-5', 'protoc-gen-go-grpc'],
    ],
    proof: [
      ...['go', 'protoc', 'protoc-gen-go', 'protoc-gen-go-grpc'],
      '/usr/share/gocode/src/google.golang.org/grpc',
      '/usr/share/gocode/src/google.golang.org/protobuf',
    ],
  },
  python_grpc: {
    packages: ['python3-grpcio', 'python3-grpc-tools'],
    proof: ['/usr/lib/python3/dist-packages/grpc', '/usr/lib/python3/dist-packages/grpc_tools'],
  },
  sushy: { packages: ['python3-sushy'], proof: ['/usr/lib/python3/dist-packages/sushy'] },
  chromium: { packages: ['chromium'], proof: ['chromium'] },
  ironic: { packages: ['python3-ironic'], proof: ['/usr/lib/python3/dist-packages/ironic'] },
  isoinfo: { packages: ['genisoimage'], proof: ['isoinfo'] },
  zsh: { packages: ['zsh'], proof: ['zsh'] },
  swift: {
    packages: ['swift-proxy', 'swift-account', 'swift-container', 'swift-object'],
    proof: [
      SWIFT_PROXY,
      'swift-ring-builder',
      'swift-account-server',
      'swift-container-server',
      'swift-object-server',
    ],
  },
  image: {
    packages: ['mmdebstrap', 'ansible', 'squashfs-tools'],
    proof: [
      ...['mmdebstrap', 'ansible-playbook', 'mksquashfs', 'unsquashfs'],
      '/usr/lib/python3/dist-packages/ansible_collections/community/general',
    ],
  },
  /** Beside which the boot service is measured. */
  nginx: { packages: ['nginx', 'curl'], proof: ['nginx', 'curl'] },
} as const satisfies Record<string, Need>;

export type NeedName = keyof typeof NEEDS;

/** null: ready. Else a sentence: what is missing, and what to do. */
export type Readiness = Record<NeedName, string | null>;

const POLICY_FILE = '/usr/sbin/policy-rc.d';

/**
 * Sees to it that the programs of `names` are installed. As root on Debian it installs what is missing, without starting
 * the packages' own daemons; else it changes nothing.
 */
export async function ensurePackages(names: readonly NeedName[]): Promise<Readiness> {
  const readiness: Readiness = {
    ...{ mariadb: null, rabbitmq: null, ipmi: null, keystone: null, openstack: null },
    ...{ isoinfo: null, zsh: null, sushy: null, ironic: null, glance: null },
    python_grpc: null,
    golang: null,
    qemu: null,
    nginx: null,
    chromium: null,
    swift: null,
    image: null,
  };
  const lacking = names.filter((name) => missing(NEEDS[name]).length > 0);
  if (lacking.length === 0) return readiness;

  const why_not =
    process.getuid?.() !== 0 ? 'not root' : existsSync('/etc/debian_version') ? null : 'no Debian';
  const failure = why_not ?? (await install(lacking.flatMap((name) => NEEDS[name].packages)));
  for (const name of lacking) {
    const need = NEEDS[name];
    const still = missing(need);
    if (still.length > 0)
      readiness[name] =
        `${still.join(', ')} missing and not installed (${failure ?? 'the packages lack them'}). ` +
        `By hand: apt-get install ${need.packages.join(' ')}`;
  }
  return readiness;
}

function missing(need: Need): string[] {
  if (need.instead !== undefined && (process.env[need.instead] ?? '') !== '') return [];
  return need.proof.filter((proof) => !present(proof));
}

function present(proof: string): boolean {
  if (proof.startsWith('/')) return existsSync(proof);
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders.some((folder) => folder !== '' && existsSync(join(folder, proof)));
}

/** Resolves with null, or why it failed. */
async function install(packages: readonly string[]): Promise<string | null> {
  // Debian's own way to say that a package may not start its daemon; kept when the machine has one already.
  const policy_is_ours = !existsSync(POLICY_FILE);
  if (policy_is_ours) await writeFile(POLICY_FILE, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const update = await apt('update');
    if (update !== null) return update;
    const all = await apt('install', ...packages);
    if (all === null) return null;
    // One package that cannot be had must not keep the others away.
    const failures: string[] = [];
    for (const name of packages) {
      const failure = await apt('install', name);
      if (failure !== null) failures.push(failure);
    }
    return failures.length === 0 ? null : failures.join('; ');
  } finally {
    if (policy_is_ours) await rm(POLICY_FILE, { force: true });
  }
}

async function apt(action: string, ...packages: readonly string[]): Promise<string | null> {
  const options = action === 'install' ? ['-y', '--no-install-recommends'] : [];
  try {
    const result = await run({
      command: 'apt-get',
      args: [action, '-q', '-o', 'DPkg::Lock::Timeout=900', ...options, ...packages],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      timeout_ms: 1_200_000,
    });
    if (result.code === 0) return null;
    const last = result.stderr.trim().split('\n').at(-1) ?? '';
    return `apt-get ${action} ${packages.join(' ')} ended with ${result.code}: ${last}`;
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  }
}
