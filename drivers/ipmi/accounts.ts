import type { Clock } from '../../lifecycle/clock.ts';
import { type AccountControl, type AccountRole, type CallOptions, DriverError } from '../contract.ts';
import { MAX_USERNAME } from './codec/rakp.ts';
import { COMPLETION_CODE } from './codec/status-codes.ts';
import { PASSWORD_OPERATION, setUserPassword } from './commands/set-user-password.ts';
import { getUserAccess, NO_ACCESS, setUserAccess, type UserAccess } from './commands/user-access.ts';
import { getUserName, setUserName } from './commands/user-name.ts';
import { CompletionError } from './completion-error.ts';
import type { Controller } from './controller.ts';
import { MAX_PASSWORD } from './crypto/rakp-keys.ts';
import { lanChannel } from './lan.ts';
import { remaining } from './power.ts';

/** User 1 is the null user, whose name cannot be changed. IPMI v2.0 6.9.1 */
const FIRST_FREE_USER = 2;

const PRIVILEGES: Readonly<Record<AccountRole, number>> = {
  administrator: 4,
  operator: 3,
  'read-only': 2,
  none: NO_ACCESS,
};

/** A place in the BMC's table of users. */
interface Place {
  user_id: number;
  name: string;
  access: UserAccess;
}

/** The users of a BMC, as its LAN channel sees them. An account's id is its place in the table. IPMI v2.0 6.9 */
export function ipmiAccounts(bmc: Controller, clock: Clock): AccountControl {
  const self = bmc.info.username;

  const places = async (channel: number, left: () => CallOptions): Promise<Place[]> => {
    const found: Place[] = [];
    for (let user_id = 1, last = 1; user_id <= last; user_id++) {
      const access = await bmc.execute(getUserAccess, { channel, user_id }, left());
      last = access.max_users;
      found.push({ user_id, access, name: await nameOf(bmc, user_id, left) });
    }
    return found;
  };
  const placeOf = async (id: string, channel: number, left: () => CallOptions): Promise<Place | undefined> =>
    (await places(channel, left)).find(({ user_id, name }) => String(user_id) === id && name !== '');

  const setPassword = (user_id: number, password: string, left: () => CallOptions) =>
    bmc.execute(
      setUserPassword,
      { user_id, operation: PASSWORD_OPERATION.set, password: passwordBytes(bmc, password) },
      left(),
    );
  const setEnabled = (user_id: number, enabled: boolean, left: () => CallOptions) =>
    bmc.execute(
      setUserPassword,
      {
        user_id,
        operation: enabled ? PASSWORD_OPERATION.enable : PASSWORD_OPERATION.disable,
        password: new Uint8Array(0),
      },
      left(),
    );
  const setRole = (channel: number, user_id: number, role: AccountRole, left: () => CallOptions) =>
    bmc.execute(
      setUserAccess,
      {
        channel,
        user_id,
        link_authentication: false,
        ipmi_messaging: role !== 'none',
        privilege: PRIVILEGES[role],
      },
      left(),
    );

  return {
    maxPasswordBytes: async () => MAX_PASSWORD,
    list: async (options) => {
      const left = remaining(clock, options);
      const channel = await lanChannel(bmc, left);
      return (await places(channel, left))
        .filter(({ name }) => name !== '')
        .map(({ user_id, name, access }) => ({
          id: String(user_id),
          name,
          role: roleOf(access),
          // A BMC of IPMI v1.5 does not say: who may do something is taken for enabled.
          enabled: access.enabled ?? access.privilege !== NO_ACCESS,
          self: name === self,
        }));
    },
    create: async ({ name, password, role }, options) => {
      if (name === '' || Buffer.byteLength(name) > MAX_USERNAME)
        throw new DriverError(
          'rejected',
          `${bmc.name}: IPMI takes user names of 1 to ${MAX_USERNAME} bytes.`,
        );
      passwordBytes(bmc, password);
      const left = remaining(clock, options);
      const channel = await lanChannel(bmc, left);
      const table = await places(channel, left);
      const place =
        table.find((each) => each.name === name) ??
        table.find((each) => each.user_id >= FIRST_FREE_USER && each.name === '');
      if (place === undefined)
        throw new DriverError(
          'rejected',
          `${bmc.name}: all ${table.length} users of the BMC are taken. Delete one.`,
        );
      const { user_id } = place;
      if (place.name !== name) await bmc.execute(setUserName, { user_id, name }, left());
      await setPassword(user_id, password, left);
      await setRole(channel, user_id, role, left);
      await setEnabled(user_id, true, left);
      return String(user_id);
    },
    change: async (id, { password, role, enabled }, options) => {
      const left = remaining(clock, options);
      const channel = await lanChannel(bmc, left);
      const place = await placeOf(id, channel, left);
      if (place === undefined) throw new DriverError('rejected', `${bmc.name}: the BMC has no user ${id}.`);
      const { user_id } = place;
      if (place.name === self && enabled === false) throw ownAccount(bmc, 'disabled');
      if (password !== undefined) await setPassword(user_id, password, left);
      if (role !== undefined) await setRole(channel, user_id, role, left);
      if (enabled !== undefined) await setEnabled(user_id, enabled, left);
    },
    delete: async (id, options) => {
      const left = remaining(clock, options);
      const channel = await lanChannel(bmc, left);
      const place = await placeOf(id, channel, left);
      if (place === undefined) return;
      if (place.name === self) throw ownAccount(bmc, 'deleted');
      const { user_id } = place;
      await setEnabled(user_id, false, left);
      await setRole(channel, user_id, 'none', left);
      await bmc.execute(setUserName, { user_id, name: '' }, left());
    },
  };
}

function ownAccount(bmc: Controller, what: string): DriverError {
  return new DriverError(
    'rejected',
    `${bmc.name}: the user that Kurogane logs in with cannot be ${what}. Change ipmi_username first.`,
  );
}

function roleOf({ privilege }: UserAccess): AccountRole {
  const role = (Object.keys(PRIVILEGES) as AccountRole[]).find((each) => PRIVILEGES[each] === privilege);
  return role ?? 'none';
}

/** Some BMCs have no name for an empty place, and say so. */
async function nameOf(bmc: Controller, user_id: number, left: () => CallOptions): Promise<string> {
  try {
    return (await bmc.execute(getUserName, { user_id }, left())).name;
  } catch (error) {
    if (error instanceof CompletionError && NO_NAME.has(error.completion_code)) return '';
    throw error;
  }
}

const NO_NAME: ReadonlySet<number> = new Set([COMPLETION_CODE.notPresent, COMPLETION_CODE.invalidData]);

/** @throws DriverError rejected: it is too long */
function passwordBytes(bmc: Controller, password: string): Uint8Array {
  const bytes = Buffer.from(password, 'utf8');
  if (bytes.length > MAX_PASSWORD)
    throw new DriverError('rejected', `${bmc.name}: IPMI takes passwords of at most ${MAX_PASSWORD} bytes.`);
  return bytes;
}
