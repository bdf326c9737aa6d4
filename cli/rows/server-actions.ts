import { type CommandRow, field, type OptionRow } from '../command-row.ts';
import { type Goal, serverWait } from '../server-wait.ts';

/** What a table shows of a server that something is done with. */
export const SHORT = ['uuid', 'name', 'stage', 'provision_state', 'power_state', 'busy', 'maintenance'];

const BOOT_DEVICES = [
  ...['pxe', 'disk', 'cdrom', 'bios', 'safe', 'wanboot', 'iscsi', 'floppy', 'vmedia', 'uefihttp'],
];

const TIMEOUT = field('timeout_s', 'seconds that the server may take, 1 to 3600', { kind: 'integer' });

const PROVISION: Goal = { provision: true };
const ON: Goal = { power: 'power on' };
const OFF: Goal = { power: 'power off' };

interface ActionRow {
  help: string;
  goal?: Goal;
  undoes?: string;
  options?: readonly OptionRow[];
}

/** Tools that are actions, with their options. */
const ACTIONS: Readonly<Record<string, ActionRow>> = {
  'power-on': { help: 'power servers on', goal: ON, options: [TIMEOUT] },
  'power-off': { help: 'power servers off at once', goal: OFF, options: [TIMEOUT] },
  'soft-power-off': { help: 'have the operating system shut down', goal: OFF, options: [TIMEOUT] },
  reboot: { help: 'reset servers', goal: ON, options: [TIMEOUT] },
  'soft-reboot': { help: 'have the operating system restart', goal: ON, options: [TIMEOUT] },
  'boot-device': {
    help: 'set the device that servers boot from',
    options: [
      field('boot_device', 'the device', { required: true, choices: BOOT_DEVICES }),
      field('persistent', 'for every boot, not the next one only', { kind: 'switch' }),
    ],
  },
  'iso-mount': {
    help: 'insert an ISO image into the virtual CD drive',
    options: [
      field('image_url', 'URL where the BMC fetches it'),
      field('iso', 'or an image that was brought with kurogane iso upload', { of: 'iso' }),
    ],
  },
  'iso-eject': { help: 'take the image out of the virtual CD drive' },
  diagnostics: { help: 'interrupt the operating system for a crash dump (NMI)' },
  'bios-settings': {
    help: 'change BIOS settings, and restart the servers for them',
    goal: PROVISION,
    options: [field('settings', '{"attribute": value}', { kind: 'json', required: true })],
  },
  'firmware-update': {
    help: 'update firmware, and restart the servers for it',
    goal: PROVISION,
    options: [
      field('updates', '[{"component": "bmc", "url": "https://…"}]', { kind: 'json', required: true }),
    ],
  },
  rescue: {
    help: 'boot a rescue system',
    goal: PROVISION,
    options: [
      field('rescue_password', 'its password: @FILE, or @- for standard input', {
        kind: 'secret',
        required: true,
      }),
    ],
  },
  unrescue: { help: 'boot from the disk again', goal: PROVISION },
  rebuild: {
    help: 'install the image of servers anew',
    goal: PROVISION,
    undoes: 'ends the system, and writes the image over its disk',
  },
  return: {
    help: 'give servers back: they are undeployed and erased',
    goal: PROVISION,
    undoes: 'ends the system, and erases the disks',
  },
  'enter-maintenance': {
    help: 'move servers to maintenance; touches nothing on them',
    options: [
      field('reason', 'why, at most 1000 characters'),
      field('by', 'who does it; default: the caller'),
      field('until', 'until when, ISO 8601: 2026-12-01T18:00+09:00'),
    ],
  },
  'leave-maintenance': { help: 'end the maintenance of servers' },
};

/** The same for every kind of profile. */
const DEPLOY: CommandRow = {
  words: 'deploy',
  operation: 'lifecycle.servers.deploy',
  method: 'POST',
  path: '/v1/servers/{server}/deploy',
  help: 'install the OS of a profile on servers: by preseed, kickstart, image or ISO, as the profile says',
  examples: [
    'deploy web-1 web-2 --profile debian --wait',
    'server list --stage inventory -o value -c name | kurogane deploy - --profile debian',
  ],
  options: [
    field('profile', 'the profile: its name or uuid', { required: true, of: 'profile', or_text: true }),
  ],
  output: { kind: 'item', columns: SHORT },
  wait: serverWait(PROVISION),
};

export const SERVER_ACTION_ROWS: readonly CommandRow[] = [
  DEPLOY,
  ...Object.entries(ACTIONS).map(
    ([tool, { help, goal, options, undoes }]): CommandRow => ({
      words: `server ${tool}`,
      operation: `lifecycle.servers.actions.${tool}`,
      method: 'POST',
      path: `/v1/servers/{server}/actions/${tool}`,
      help,
      ...(options === undefined ? {} : { options }),
      ...(undoes === undefined ? {} : { undoes }),
      output: { kind: 'item', columns: SHORT },
      wait: serverWait(goal),
    }),
  ),
];
