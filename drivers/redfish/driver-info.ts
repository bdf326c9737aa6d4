import type { Json, JsonObject } from '../../lifecycle/json.ts';
import { verificationOf } from '../../net/verification.ts';
import type { DriverProperty, ParsedInfo } from '../contract.ts';

export const AUTH_TYPES = ['auto', 'basic', 'session'] as const;
export type AuthType = (typeof AUTH_TYPES)[number];

/** driver_info of the hardware type redfish: Ironic's names and defaults (ironic/drivers/modules/redfish/utils.py). */
export interface RedfishInfo {
  /** Scheme, host and port; nothing behind them. */
  origin: string;
  /** Path of the system; null: the only one that the BMC has. */
  system_id: string | null;
  /** Empty: the BMC asks for no credentials. */
  username: string;
  password: string;
  /** false: the BMC's certificate is not checked; a text: file with the CA's certificates. */
  verify_ca: boolean | string;
  /** null: as the driver's options say. */
  auth_type: AuthType | null;
}

export const REDFISH_PROPERTIES = {
  redfish_address: {
    description:
      'Address of the Redfish service: a URL, or a host name or IP address, with a port if it is not 443; https is assumed. Required.',
    required: true,
  },
  redfish_system_id: {
    description:
      'Path of the ComputerSystem, like /redfish/v1/Systems/1; default: the only one that the BMC has. Optional.',
  },
  redfish_username: {
    description: 'User with administrator or operator privileges on the BMC. Optional.',
  },
  redfish_password: { description: "The user's password. Optional.", secret: true },
  redfish_verify_ca: {
    description:
      "Whether the BMC's certificate is checked, or the path of a file with the certificates of its CA; default True. Optional.",
  },
  redfish_auth_type: {
    description:
      'How to log in: basic, session or auto, which falls back to basic on BMCs without sessions; default as [redfish]auth_type, auto. Optional.',
  },
} as const satisfies Record<string, DriverProperty>;

type Property = keyof typeof REDFISH_PROPERTIES;

/** Reads driver_info: all problems at once. No problem repeats a value. */
export function parseDriverInfo(driver_info: JsonObject): ParsedInfo<RedfishInfo> {
  const problems: string[] = [];
  const say = (property: Property, problem: string): null => {
    problems.push(`${property} ${problem}`);
    return null;
  };
  const text = (property: Property): string | null => {
    const value = given(driver_info[property]);
    if (value === null || typeof value === 'string') return value;
    if (typeof value === 'number') return String(value);
    return say(property, 'must be a string.');
  };

  const address = text('redfish_address');
  const origin = address === null ? null : originOf(address);
  if (given(driver_info.redfish_address) === null)
    say('redfish_address', 'is missing: set it to the URL or host name of the BMC.');
  else if (address !== null && origin === null)
    say('redfish_address', 'must be an http or https URL without credentials, a host name or an IP address.');

  const system_id = text('redfish_system_id');
  if (system_id !== null && !/^\/[\w./~%@:+-]{1,1023}$/.test(system_id))
    say('redfish_system_id', 'must be the path of a system on the BMC, like /redfish/v1/Systems/1.');

  const username = text('redfish_username') ?? '';
  const password = text('redfish_password') ?? '';
  if (username === '' && password !== '') say('redfish_username', 'is missing, though there is a password.');
  if (username.includes(':')) say('redfish_username', 'must have no colon.');

  const auth_type = AUTH_TYPES.find((each) => each === (text('redfish_auth_type') ?? each)) ?? null;
  if (auth_type === null) say('redfish_auth_type', 'must be one of auto, basic, session.');

  const verify_ca = verificationOf(driver_info.redfish_verify_ca);
  if (verify_ca === null)
    say('redfish_verify_ca', 'must be true, false or the absolute path of a file with certificates.');

  if (problems.length > 0 || origin === null || verify_ca === null) return { problems };
  return {
    info: {
      origin,
      system_id,
      username,
      password,
      verify_ca,
      auth_type: given(driver_info.redfish_auth_type) === null ? null : auth_type,
    },
  };
}

function originOf(address: string): string | null {
  const bare_ipv6 = /^[0-9a-f:]+$/i.test(address) && address.split(':').length > 2;
  const url = /^\w+:\/\//.test(address) ? address : `https://${bare_ipv6 ? `[${address}]` : address}`;
  if (!URL.canParse(url)) return null;
  const { protocol, origin, username, password, hostname } = new URL(url);
  if ((protocol !== 'https:' && protocol !== 'http:') || hostname === '') return null;
  return username === '' && password === '' ? origin : null;
}

function given(value: Json | undefined): Json {
  return value === undefined || value === '' ? null : value;
}
