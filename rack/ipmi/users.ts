import { COMPLETION_CODE } from '../../drivers/ipmi/codec/status-codes.ts';
import { nothing } from '../../drivers/ipmi/commands/command.ts';
import { PASSWORD_OPERATION, setUserPassword } from '../../drivers/ipmi/commands/set-user-password.ts';
import { getUserAccess, NO_ACCESS, setUserAccess } from '../../drivers/ipmi/commands/user-access.ts';
import { getUserName, setUserName } from '../../drivers/ipmi/commands/user-name.ts';
import type { BmcUser } from '../../drivers/ipmi/managed/session-table.ts';
import type { BmcState } from './bmc-state.ts';
import { on, type Row } from './handler.ts';

/** Places for users, taken or not. */
const MAX_USERS = 10;
const NOBODY: BmcUser = Object.freeze({ name: '', password: '', privilege: NO_ACCESS, enabled: false });
const TEST_FAILED = 0x80;
const WRONG_SIZE = 0x81;
/** A password set with 20 bytes is tested with 20. IPMI v2.0 22.30 */
const SHORT_PASSWORD = 16;

function isPlace(user_id: number): boolean {
  return user_id >= 1 && user_id <= MAX_USERS;
}

function userAt(bmc: BmcState, user_id: number): BmcUser {
  return bmc.users[user_id - 1] ?? NOBODY;
}

/** Changes one place of the table; users of other BMCs may share the objects. */
function change(bmc: BmcState, user_id: number, changes: Partial<BmcUser>): void {
  bmc.users = Array.from({ length: Math.max(bmc.users.length, user_id) }, (_, at) => {
    const user = userAt(bmc, at + 1);
    return at + 1 === user_id ? { ...user, ...changes } : user;
  });
}

/** Users: names, passwords, and what they may do. IPMI v2.0 22.26 to 22.30 */
export const USER_ROWS: readonly Row[] = [
  on(getUserAccess, (bmc, { user_id }) => {
    if (!isPlace(user_id)) return COMPLETION_CODE.parameterOutOfRange;
    const { privilege, enabled } = userAt(bmc, user_id);
    return {
      max_users: MAX_USERS,
      enabled: enabled !== false,
      callback_only: false,
      link_authentication: false,
      ipmi_messaging: privilege !== NO_ACCESS,
      privilege,
    };
  }),
  on(setUserAccess, (bmc, { user_id, privilege }) => {
    if (!isPlace(user_id)) return COMPLETION_CODE.parameterOutOfRange;
    change(bmc, user_id, { privilege });
    return nothing;
  }),
  on(getUserName, (bmc, { user_id }) =>
    isPlace(user_id) ? { name: userAt(bmc, user_id).name } : COMPLETION_CODE.parameterOutOfRange,
  ),
  on(setUserName, (bmc, { user_id, name }) => {
    if (!isPlace(user_id)) return COMPLETION_CODE.parameterOutOfRange;
    if (name !== '' && bmc.users.some((user, at) => user.name === name && at + 1 !== user_id))
      return COMPLETION_CODE.invalidData;
    change(bmc, user_id, { name });
    return nothing;
  }),
  on(setUserPassword, (bmc, { user_id, operation, password: bytes }) => {
    if (!isPlace(user_id)) return COMPLETION_CODE.parameterOutOfRange;
    const password = Buffer.from(bytes).toString('utf8');
    switch (operation) {
      case PASSWORD_OPERATION.set:
        change(bmc, user_id, { password });
        return nothing;
      case PASSWORD_OPERATION.test: {
        const known = userAt(bmc, user_id).password;
        if (known === password) return nothing;
        return known.length > SHORT_PASSWORD !== password.length > SHORT_PASSWORD ? WRONG_SIZE : TEST_FAILED;
      }
      default:
        change(bmc, user_id, { enabled: operation === PASSWORD_OPERATION.enable });
        return nothing;
    }
  }),
];
