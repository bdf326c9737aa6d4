import { dice } from './dice.ts';

/** A request that must not reach a BMC. */
export interface Forbidden {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | null;
}

/** Places that nobody may ask for, whatever the method. */
const PLACES = [
  ...['AccountService', 'AccountService/Accounts', 'AccountService/Accounts/1', 'AccountService/Roles'],
  ...['Managers/1/NetworkProtocol', 'Managers/1/EthernetInterfaces/1', 'Managers/1/Actions/Manager.Reset'],
  ...['UpdateService', 'UpdateService/Actions/UpdateService.SimpleUpdate', 'UpdateService/FirmwareInventory'],
  ...['EventService/Subscriptions', 'TaskService/Tasks', 'CertificateService', 'Registries', 'JsonSchemas'],
  ...[
    'Systems/1/Bios/Settings',
    'Systems/1/Bios/Actions/Bios.ResetBios',
    'Systems/1/SecureBoot/SecureBootDatabases',
  ],
  ...[
    'Systems/1/LogServices/Sel/Actions/LogService.ClearLog',
    'Managers/1/SerialInterfaces',
    'SessionService/Sessions/9',
  ],
  ...['Systems/1/Storage/1/Volumes/1/Actions/Volume.Initialize', 'Managers/1/Oem/Vendor', 'Systems/1/Oem'],
];
const METHODS = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PROPFIND'];
const BAD_BODIES = [
  ...[
    '{"ResetType":"ResetAll"}',
    '{"ResetType":["On"]}',
    '{"ResetType":"On","Oem":{}}',
    '[]',
    '"On"',
    'null',
    '{',
  ],
  ...[
    '{"resettype":"On"}',
    '{"ResetType":null}',
    '{"__proto__":{"ResetType":"On"}}',
    '{"ResetType":"On"}}',
    '',
  ],
  `{"ResetType":"On","x":"${'a'.repeat(20_000)}"}`,
];
const BAD_CHANGES = [
  ...[
    '{"AssetTag":"x"}',
    '{"Boot":{"HttpBootUri":"http://x"}}',
    '{"Boot":{"BootOrder":[]}}',
    '{"Boot":[]}',
    '{"PowerState":"On"}',
  ],
  ...[
    '{"Boot":{"BootSourceOverrideTarget":"pxe"}}',
    '{"Boot":{"BootSourceOverrideTarget":{}}}',
    '{"Links":{}}',
  ],
];

/** Ways to write a path that is not the path. */
const TWISTS: readonly ((path: string) => string)[] = [
  (path) => path.replace('/v1/', '/v1/../v1/'),
  (path) => path.replace('/v1/', '/v1/./'),
  (path) => path.replace('/v1/', '/v1/%2e%2e/v1/'),
  (path) => path.replace(/\/([^/]*)$/, '%2f$1'),
  (path) => path.replace(/\/([^/]*)$/, '%2F$1'),
  (path) => path.replace(/\/([^/]*)$/, '//$1'),
  (path) => `/${path}`,
  (path) => path.replace('/redfish', '/Redfish'),
  (path) => path.replace('Systems', 'systems'),
  (path) => path.replace('/v1', '/V1'),
  (path) => `${path};x=1`,
  (path) => `${path}/%00`,
  (path) => `${path}?$filter=x`,
  (path) => `${path}/..`,
  (path) => `${path}/../../AccountService`,
  (path) => `${path}%20`,
  (path) => `${path}\\..\\AccountService`,
  (path) => `http://127.0.0.1${path}`,
];

/** Requests of which none may reach the BMC: each kind is forbidden by what it is made of. */
export function* forbidden(
  count: number,
  system: string,
  words: { holder: string; reader: string; revoked: string },
): Generator<Forbidden> {
  const roll = dice(20261130);
  const of = <T>(all: readonly T[]): T => all[roll(all.length)] as T;
  const reset = `${system}/Actions/ComputerSystem.Reset`;
  const json = { 'content-type': 'application/json' };
  const kinds: (() => Forbidden)[] = [
    () => {
      const method = of(METHODS);
      const path = `/redfish/v1/${of(PLACES)}`;
      const has_body = method !== 'GET' && method !== 'HEAD';
      return {
        method,
        path,
        headers: { ...json, authorization: words.holder },
        body: has_body ? '{}' : null,
      };
    },
    () => ({ method: 'GET', path: of(TWISTS)(system), headers: { authorization: words.holder }, body: null }),
    () => ({
      ...{ method: 'POST', path: of(TWISTS)(reset), body: '{"ResetType":"ForceOff"}' },
      headers: { ...json, authorization: words.holder },
    }),
    () => ({
      method: 'POST',
      path: reset,
      headers: { ...json, authorization: words.holder },
      body: of(BAD_BODIES),
    }),
    () => ({
      ...{ method: 'PATCH', path: system, body: of(BAD_CHANGES) },
      headers: { ...json, authorization: words.holder },
    }),
    () => ({
      ...{ method: of(['PUT', 'DELETE', 'OPTIONS', 'TRACE', 'COPY']), path: system, body: null },
      headers: { authorization: words.holder },
    }),
    () => ({
      ...{ method: 'POST', path: reset, body: '{"ResetType":"ForceOff"}' },
      headers: { ...json, authorization: words.reader },
    }),
    () => ({
      ...{ method: 'POST', path: reset, body: '{"ResetType":"ForceOff"}' },
      headers: {
        ...json,
        ...of<Record<string, string>>([
          { authorization: words.revoked },
          { authorization: words.holder.slice(0, -4) },
          { authorization: words.holder.replace('Basic', 'Bearer') },
          { authorization: `Basic ${Buffer.from("kl-' OR 1=1 --:x").toString('base64')}` },
          { 'x-auth-token': 'a'.repeat(roll(300)) },
          { 'x-auth-token': Buffer.from('kl-00000000:x').toString('base64') },
          { 'x-http-method-override': 'GET' },
          {},
        ]),
      },
    }),
    // A path of letters, digits and what stands between them in addresses.
    () => {
      const letters = "abcXYZ019._-~%/\\:;@!$&'()*+,=?";
      const tail = Array.from({ length: 1 + roll(24) }, () => letters[roll(letters.length)]).join('');
      return {
        method: of(METHODS),
        path: `/redfish/v1/~${tail}`,
        headers: { authorization: words.holder },
        body: null,
      };
    },
  ];
  for (let n = 0; n < count; n++) yield of(kinds)();
}
