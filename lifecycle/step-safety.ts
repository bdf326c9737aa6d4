import { isObject, type Json, type JsonObject } from './json.ts';

/** A step of a plan, as far as its safety needs to be known. */
export interface OrderedStep {
  interface: string;
  step: string;
  args: JsonObject;
  /** True: needs the ramdisk, which boots from the network. */
  in_band: boolean;
}

/**
 * Why an order of steps may cut the service's own way to the server; empty: it does not. Pure, and judged before the first
 * step runs. What only the hardware can tell, such as an update that runs, the steps themselves look at.
 *
 * @param plan.login the account that the service logs in with before the first step; null: the driver has none.
 */
export function unsafeOrders(plan: { steps: readonly OrderedStep[]; login: string | null }): string[] {
  let { login } = plan;
  const problems: string[] = [];
  plan.steps.forEach((step, i) => {
    const name = `${step.interface}.${step.step}`;
    const later = plan.steps.slice(i + 1);
    problems.push(...(CHECKS[name]?.({ step, later, login }) ?? []).map((why) => `${name}: ${why}`));
    if (name === 'management.set_bmc_credentials' && typeof step.args.username === 'string')
      login = step.args.username;
  });
  return problems;
}

interface Facts {
  step: OrderedStep;
  later: readonly OrderedStep[];
  login: string | null;
}

const CHECKS: Readonly<Record<string, (facts: Facts) => string[]>> = {
  'management.set_bmc_accounts': ({ step: { args }, login }) =>
    login !== null && isObject(args.accounts) && Object.hasOwn(args.accounts, login)
      ? [
          `${login} is the account that the service itself logs in with. Change it with management.set_bmc_credentials, which proves the new one first.`,
        ]
      : [],
  'bios.apply_configuration': ({ step: { args }, later }) =>
    later.some(({ in_band }) => in_band)
      ? listOf(args.settings)
          .filter(cutsNetworkBoot)
          .map(
            ({ name, value }) =>
              `${String(name)}=${String(value)} would keep the ramdisk of a later step from booting. Put it after the last step that runs on the ramdisk.`,
          )
      : [],
  'vendor.send_raw': ({ step: { args }, later }) =>
    rawProblems(args.raw_bytes, { before_ramdisk: later.some(({ in_band }) => in_band) }),
};

const NETWORK_BOOT = /pxe|network.?(boot|stack)|boot.?(order|seq)|(uefi|legacy).?boot.?(order|seq)/i;

/** Whether a BIOS setting takes the network out of what the server boots from. */
function cutsNetworkBoot({ name, value }: JsonObject): boolean {
  if (typeof name !== 'string' || !NETWORK_BOOT.test(name)) return false;
  const text = String(value);
  if (/order|seq/i.test(name)) return !/pxe|network|nic|lan/i.test(text);
  return /^(disable|disabled|false|off|0)$/i.test(text);
}

/** Raw IPMI commands that would do, unproved and unseen, what steps do with care: [netfn, commands, what to use]; null: all. */
const RAW_REFUSED: readonly (readonly [
  netfn: number,
  commands: readonly number[] | null,
  instead: string,
])[] = [
  [0x06, [0x02, 0x03], 'It restarts the BMC: use management.reset_bmc.'],
  [0x06, [0x40, 0x43, 0x45, 0x47], 'It changes accounts: use management.set_bmc_accounts.'],
  [0x0c, [0x01], "It changes the BMC's network: use management.set_bmc_lan."],
  [0x08, null, 'It writes firmware: use firmware.update.'],
  [0x2c, [0x30, 0x31, 0x32, 0x33, 0x35, 0x36], 'It writes firmware: use firmware.update.'],
];

/** IPMI v2.0 28.12, Set System Boot Options. */
const SET_BOOT_OPTIONS = [0x00, 0x08] as const;

function rawProblems(raw_bytes: Json | undefined, { before_ramdisk }: { before_ramdisk: boolean }): string[] {
  const [netfn, command] = String(raw_bytes)
    .trim()
    .split(/[\s,]+/)
    .map(Number);
  const refused = RAW_REFUSED.filter(
    ([refused, commands]) =>
      refused === netfn && (commands === null || (command !== undefined && commands.includes(command))),
  ).map(([, , instead]) => instead);
  const boots = netfn === SET_BOOT_OPTIONS[0] && command === SET_BOOT_OPTIONS[1];
  return boots && before_ramdisk
    ? [
        ...refused,
        'It changes what the server boots from, and could keep the ramdisk of a later step from booting. Put it after the last step that runs on the ramdisk.',
      ]
    : refused;
}

function listOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? (value as Json[]).filter(isObject) : [];
}
