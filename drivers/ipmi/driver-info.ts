import type { Json, JsonObject } from '../../lifecycle/json.ts';
import type { DriverProperty, ParsedInfo } from '../contract.ts';
import type { Route } from './bridge.ts';
import { BMC_ADDRESS } from './codec/message.ts';
import { MAX_USERNAME } from './codec/rakp.ts';
import { RMCP_PORT } from './codec/rmcp.ts';
import { PRIVILEGE, type PrivilegeLevel } from './commands/command.ts';
import { CIPHER_SUITES } from './crypto/cipher-suites.ts';
import { MAX_V15_PASSWORD } from './crypto/plain-channel.ts';
import { MAX_PASSWORD } from './crypto/rakp-keys.ts';

/** driver_info of the hardware type ipmi: Ironic's names and defaults (ironic/drivers/modules/ipmitool.py). */
export interface IpmiInfo {
  /** Address or name. */
  address: string;
  port: number;
  username: string;
  password: string;
  privilege: PrivilegeLevel;
  /** Version of sessions. */
  protocol: 2 | 1.5;
  /** null: the driver's list is tried in its order. */
  cipher_suite: number | null;
  /** K_G in hex; null: the BMC has none. */
  hex_kg_key: string | null;
  force_boot_device: boolean;
  /** null: as the driver's options say. */
  disable_boot_timeout: boolean | null;
  /** null: any free one. */
  terminal_port: number | null;
  /** To a controller behind the BMC; null: the BMC itself. */
  route: Route | null;
}

export const IPMI_PROPERTIES = {
  ipmi_address: { description: 'IP address or host name of the BMC. Required.', required: true },
  ipmi_port: { description: `UDP port of the BMC. Default ${RMCP_PORT}. Optional.` },
  ipmi_username: { description: 'User on the BMC; default is the null user. Optional.' },
  ipmi_password: { description: "The user's password. Optional.", secret: true },
  ipmi_priv_level: {
    description:
      'Privilege level of sessions: CALLBACK, USER, OPERATOR or ADMINISTRATOR; default ADMINISTRATOR. Optional.',
  },
  ipmi_cipher_suite: {
    description:
      'RMCP+ cipher suite, 17 (SHA-256) or 3 (SHA-1); default: what the BMC does, 17 first. Optional.',
  },
  ipmi_hex_kg_key: {
    description: 'BMC key (K_G) in hexadecimal, when the BMC has one. Optional.',
    secret: true,
  },
  ipmi_protocol_version: {
    description:
      'IPMI version of sessions: 2.0, the default, or 1.5 for BMCs that have no other: it encrypts nothing. Optional.',
  },
  ipmi_bridging: {
    description:
      'Whether the node is behind the BMC: no, the default, single (one hop) or dual (two hops). Optional.',
  },
  ipmi_transit_channel: {
    description: 'Channel of the BMC to the controller between. Required if ipmi_bridging is dual.',
  },
  ipmi_transit_address: {
    description: 'Address of the controller between, as 130 or 0x82. Required if ipmi_bridging is dual.',
  },
  ipmi_target_channel: {
    description: "Channel to the node's controller. Required if ipmi_bridging is single or dual.",
  },
  ipmi_target_address: {
    description:
      "Address of the node's controller, as 130 or 0x82. Required if ipmi_bridging is single or dual.",
  },
  ipmi_local_address: {
    description:
      'Address of the BMC on the bus, as 32 or 0x20, the default. Used only if ipmi_bridging is single or dual. Optional.',
  },
  ipmi_force_boot_device: {
    description:
      'Tell the BMC the boot device before each power on, for BMCs that forget it; default False. Optional.',
  },
  ipmi_disable_boot_timeout: {
    description:
      'Tell the BMC that a boot device override outlives its 60 seconds; default as [ipmi]disable_boot_timeout, True. Optional.',
  },
  ipmi_terminal_port: {
    description: 'TCP port of the console on its conductor; default: any free one. Optional.',
  },
} as const satisfies Record<string, DriverProperty>;

type Property = keyof typeof IPMI_PROPERTIES;

const KG_LENGTH = 20;
/** As ipmitool takes them. */
const NUMBER = /^(\d{1,10}|0x[0-9a-f]{1,8})$/i;
const PROTOCOLS = new Map<string, 2 | 1.5>([
  ['2.0', 2],
  ['2', 2],
  ['1.5', 1.5],
]);
const TRUE_WORDS: ReadonlySet<string> = new Set(['1', 't', 'true', 'on', 'y', 'yes']);
const FALSE_WORDS: ReadonlySet<string> = new Set(['0', 'f', 'false', 'off', 'n', 'no']);
/** Properties of each hop. */
const TRANSIT = ['ipmi_transit_channel', 'ipmi_transit_address'] as const;
const TARGET = ['ipmi_target_channel', 'ipmi_target_address'] as const;
const HOPS = { no: [], single: [TARGET], dual: [TRANSIT, TARGET] } as const;
const LAST_CHANNEL = 0x0f;
const LAST_ADDRESS = 0xff;

/** Reads driver_info: all problems at once. No problem repeats a value. */
export function parseDriverInfo(driver_info: JsonObject): ParsedInfo<IpmiInfo> {
  const problems: string[] = [];
  const say = (property: Property, problem: string): null => {
    problems.push(`${property} ${problem}`);
    return null;
  };

  /** A text, also when it was given as a number; null: absent. */
  const text = (property: Property): string | null => {
    const value = given(driver_info[property]);
    if (value === null || typeof value === 'string') return value;
    if (typeof value === 'number') return String(value);
    return say(property, 'must be a string.');
  };
  const integer = (property: Property, min: number, max: number): number | null => {
    const value = given(driver_info[property]);
    if (value === null) return null;
    const number = typeof value === 'string' && NUMBER.test(value) ? Number(value) : value;
    if (typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max)
      return number;
    return say(property, `must be an integer from ${min} to ${max}.`);
  };
  const flag = (property: Property): boolean | null => {
    const value = given(driver_info[property]);
    if (value === null || typeof value === 'boolean') return value;
    const word = typeof value === 'object' ? '' : String(value).toLowerCase();
    if (TRUE_WORDS.has(word)) return true;
    if (FALSE_WORDS.has(word)) return false;
    return say(property, 'must be true or false.');
  };

  const address = text('ipmi_address');
  if (given(driver_info.ipmi_address) === null)
    say('ipmi_address', 'is missing: set it to the IP address or host name of the BMC.');
  else if (address !== null && !/^[\w.:-]{1,255}(%\w+)?$/.test(address))
    say('ipmi_address', 'must be an IP address or a host name.');

  const username = text('ipmi_username') ?? '';
  if (Buffer.byteLength(username) > MAX_USERNAME)
    say('ipmi_username', `is longer than ${MAX_USERNAME} bytes, which IPMI v2.0 does not allow.`);
  const password = text('ipmi_password') ?? '';

  const level = (text('ipmi_priv_level') ?? 'ADMINISTRATOR').toLowerCase();
  const privilege = isPrivilege(level) ? PRIVILEGE[level] : null;
  if (privilege === null) say('ipmi_priv_level', 'must be one of CALLBACK, USER, OPERATOR, ADMINISTRATOR.');

  const version = text('ipmi_protocol_version') ?? '2.0';
  const protocol = PROTOCOLS.get(version);
  if (protocol === undefined) say('ipmi_protocol_version', 'must be 2.0 or 1.5.');
  const longest = protocol === 1.5 ? MAX_V15_PASSWORD : MAX_PASSWORD;
  if (Buffer.byteLength(password) > longest)
    say(
      'ipmi_password',
      `is longer than ${longest} bytes, which IPMI v${protocol === 1.5 ? '1.5' : '2.0'} does not allow.`,
    );

  const cipher_suite = integer('ipmi_cipher_suite', 0, 255);
  if (cipher_suite === 0)
    say(
      'ipmi_cipher_suite',
      'is 0, which lets anybody in without a password and is refused: use 17 or 3, and switch suite 0 off on the BMC.',
    );
  else if (cipher_suite !== null && CIPHER_SUITES[cipher_suite] === undefined)
    say(
      'ipmi_cipher_suite',
      'must be 17 or 3: the others lack authentication, integrity or encryption, or are obsolete.',
    );

  const hex_kg_key = text('ipmi_hex_kg_key');
  if (hex_kg_key !== null && !/^([0-9a-f]{2})+$/i.test(hex_kg_key))
    say('ipmi_hex_kg_key', 'must be an even number of hexadecimal digits.');
  else if (hex_kg_key !== null && hex_kg_key.length > KG_LENGTH * 2)
    say('ipmi_hex_kg_key', `is longer than ${KG_LENGTH} bytes (${KG_LENGTH * 2} digits).`);

  const bridging = text('ipmi_bridging') ?? 'no';
  const hops = (isBridging(bridging) ? HOPS[bridging] : []).map(([channel, address]) => {
    for (const property of [channel, address])
      if (given(driver_info[property]) === null)
        say(property, `is missing: ipmi_bridging is ${bridging}, which needs it.`);
    return {
      channel: integer(channel, 0, LAST_CHANNEL) ?? 0,
      address: integer(address, 0, LAST_ADDRESS) ?? 0,
    };
  });
  if (!isBridging(bridging)) say('ipmi_bridging', 'must be one of single, dual, no.');
  const local_address = hops.length > 0 ? integer('ipmi_local_address', 0, LAST_ADDRESS) : null;

  const port = integer('ipmi_port', 1, 65_535) ?? RMCP_PORT;
  const terminal_port = integer('ipmi_terminal_port', 1, 65_535);
  const force_boot_device = flag('ipmi_force_boot_device') ?? false;
  const disable_boot_timeout = flag('ipmi_disable_boot_timeout');

  if (problems.length > 0 || address === null || privilege === null) return { problems };
  return {
    info: {
      address,
      port,
      username,
      password,
      privilege,
      cipher_suite,
      hex_kg_key,
      force_boot_device,
      disable_boot_timeout,
      terminal_port,
      protocol: protocol ?? 2,
      // ipmitool takes an address of 0 for none, too.
      route: hops.length === 0 ? null : { hops, local_address: local_address || BMC_ADDRESS },
    },
  };
}

function given(value: Json | undefined): Json {
  return value === undefined || value === '' ? null : value;
}

function isPrivilege(level: string): level is keyof typeof PRIVILEGE {
  return Object.hasOwn(PRIVILEGE, level);
}

function isBridging(word: string): word is keyof typeof HOPS {
  return Object.hasOwn(HOPS, word);
}
