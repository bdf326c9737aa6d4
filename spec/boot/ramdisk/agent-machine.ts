import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { projectRoot } from '../../../config/project-root.ts';
import { type RunResult, run } from '../../services/process.ts';
import { type TemporaryFolder, temporaryFolder } from '../../services/temporary-folder.ts';

/** A machine as its kernel shows it, in a folder, with programs that write down how they were called. */
export interface AgentMachine extends AsyncDisposable {
  /** Runs `kurogane-agent register` on it, as a run-time script of this boot service would. */
  register(boot_url?: string): Promise<RunResult>;
  /** Runs `kurogane-agent script`. */
  script(url: string, sha256: string): Promise<RunResult>;
  /** What ipmitool, poweroff and reboot were told, in order. */
  commands(): Promise<string[]>;
}

const AGENT = join(projectRoot, 'boot', 'ramdisk', 'root', 'usr', 'bin', 'kurogane-agent');

export const MACHINE = {
  system_uuid: '4c4c4544-0034-4d10-8051-b7c04f4b4231',
  serial_number: 'CZ1234',
  mac: '52:54:00:12:34:56',
} as const;

/** A memory module of 32 GiB by the extended size, one of 16 GiB, and an empty place. SMBIOS 3.7, 7.18 */
function memoryTable(): Buffer {
  const module = (size: number, extended_mb: number): Buffer => {
    const fields = Buffer.alloc(0x28);
    fields.writeUInt8(17, 0);
    fields.writeUInt8(fields.length, 1);
    fields.writeUInt16LE(size, 0x0c);
    fields.writeUInt32LE(extended_mb, 0x1c);
    return Buffer.concat([fields, Buffer.from('DIMM_A1\0\0')]);
  };
  const end = Buffer.from([127, 4, 0, 0, 0, 0]);
  return Buffer.concat([module(0x7fff, 32_768), module(16_384, 0), module(0, 0), end]);
}

const FILES = {
  'sys/class/dmi/id/product_uuid': MACHINE.system_uuid.toUpperCase(),
  'sys/class/dmi/id/product_serial': MACHINE.serial_number,
  'sys/class/dmi/id/product_name': 'DL360',
  'sys/class/dmi/id/sys_vendor': 'HPE',
  'sys/class/dmi/id/bios_vendor': 'HPE',
  'sys/class/dmi/id/bios_version': 'U32 v2.10',
  'sys/class/net/kgnone0/address': MACHINE.mac,
  'sys/class/net/kgnone0/carrier': '1',
  'sys/class/net/kgnone0/speed': '25000',
  'sys/class/net/kgnone0/device/vendor': '0x15b3',
  'sys/class/net/kgnone0/device/device': '0x1015',
  'sys/block/sda/size': String(480e9 / 512),
  'sys/block/sda/ro': '0',
  'sys/block/sda/device/model': 'PM883',
  'sys/block/sda/queue/rotational': '0',
  'sys/block/sda/queue/logical_block_size': '512',
  'sys/firmware/dmi/tables/DMI': memoryTable(),
  'proc/cpuinfo': 'processor\t: 0\nmodel name\t: Xeon\nflags\t: lm\nprocessor\t: 1\n',
  'proc/meminfo': 'MemTotal:  1000 kB\n',
} as const;

/** @param ipmitool what its BMC does beside saying yes: cases of a shell's `case "$*"`. */
export async function startAgentMachine(options: {
  target: string;
  fingerprint: string;
  token: string;
  ipmitool?: string;
  /** More of the kernel line. */
  append?: string;
}): Promise<AgentMachine> {
  const folder: TemporaryFolder = await temporaryFolder('kurogane-agent-');
  const put = async (name: string, content: string | Buffer): Promise<void> => {
    const path = join(folder.path, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    if (name.startsWith('bin/')) await chmod(path, 0o755);
  };
  for (const [name, content] of Object.entries(FILES)) await put(name, content);
  const { fingerprint, target, token } = options;
  const line = [
    `BOOTIF=01-${MACHINE.mac.replaceAll(':', '-')} kurogane.registration=${target} kurogane.lldp_wait=0.1`,
    `kurogane.registration_sha256=${fingerprint} kurogane.token=${token}`,
    options.append ?? '',
  ];
  await put('proc/cmdline', `${line.join(' ')}\n`);
  const log = join(folder.path, 'commands');
  await writeFile(log, '');
  await put('bin/ip', '#!/bin/sh\necho "2: kgnone0 inet 192.0.2.44/24 scope global"\n');
  for (const name of ['poweroff', 'reboot'])
    await put(`bin/${name}`, `#!/bin/sh\necho "${name} $*" >> ${log}\n`);
  await put('bin/kurogane-agent', `#!/bin/sh\nexec /usr/bin/python3 ${AGENT} "$@"\n`);
  await put(
    'bin/ipmitool',
    `#!/bin/sh
shift 2
echo "$*" >> ${log}
case "$*" in
  exec*) cat "$2" >> ${log} ;;
  ${options.ipmitool ?? ''}
  "lan set 1 ipaddr "*) echo "$5" > ${folder.path}/address ;;
  "lan print 1") printf 'IP Address Source       : Static Address\\nIP Address              : %s\\nMAC Address             : 52:54:00:bb:bb:01\\n' "$(cat ${folder.path}/address 2> /dev/null || echo 0.0.0.0)" ;;
  "mc info") echo "Firmware Revision         : 2.44" ;;
  "-c user list 1") printf '1,,false,false,true,ADMINISTRATOR\\n2,admin,true,true,true,ADMINISTRATOR\\n3,,true,false,false,NO ACCESS\\n' ;;
esac
`,
  );
  const agent = (args: string[], env: Record<string, string> = {}): Promise<RunResult> =>
    run({
      command: '/usr/bin/python3',
      args: [AGENT, ...args],
      env: {
        PATH: `${folder.path}/bin:/usr/bin:/bin`,
        KUROGANE_AGENT_ROOT: folder.path,
        PYTHONDONTWRITEBYTECODE: '1',
        ...env,
      },
    });
  return {
    register: (boot_url) => agent(['register'], boot_url === undefined ? {} : { BOOT_URL: boot_url }),
    script: (url, sha256) => agent(['script', url, sha256]),
    commands: async () => (await readFile(log, 'utf8')).split('\n').filter((text) => text !== ''),
    [Symbol.asyncDispose]: () => folder.remove(),
  };
}
