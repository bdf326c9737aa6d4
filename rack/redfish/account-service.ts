import type { Json, JsonObject } from '../../lifecycle/json.ts';
import { type Area, booleanOf, notInList, type Outcome, textOf, writeEach } from './area.ts';
import { collection, link, named } from './json.ts';
import { RedfishRefusal } from './redfish-error.ts';

export interface Account {
  id: string;
  name: string;
  password: string;
  role: string;
  enabled: boolean;
}

const SERVICE = '/redfish/v1/AccountService';
const ACCOUNTS = `${SERVICE}/Accounts`;
const ROLES = `${SERVICE}/Roles`;
const PRIVILEGES: Readonly<Record<string, readonly string[]>> = {
  Administrator: ['Login', 'ConfigureManager', 'ConfigureUsers', 'ConfigureComponents', 'ConfigureSelf'],
  Operator: ['Login', 'ConfigureComponents', 'ConfigureSelf'],
  ReadOnly: ['Login', 'ConfigureSelf'],
  Auditor: ['Login'],
};
const MAX_PASSWORD = 20;
const MAX_ACCOUNTS = 15;

/** The accounts of a BMC. */
export class AccountService implements Area {
  accounts: Account[];
  /** True: accounts are places of a fixed table, as on iDRAC: they are neither made nor deleted, but named. */
  fixed_table = false;
  #next_id = 2;

  constructor(username: string, password: string) {
    this.accounts = [{ id: '1', name: username, password, role: 'Administrator', enabled: true }];
  }

  /** Makes the table fixed, with places that are free. */
  fixTable(places: number): void {
    this.fixed_table = true;
    for (let i = 0; i < places; i += 1)
      this.accounts.push({
        id: String(this.#next_id++),
        name: '',
        password: '',
        role: 'None',
        enabled: false,
      });
  }

  /** The account that these words let in; null: none. */
  login(name: string, password: string): Account | null {
    return (
      this.accounts.find(
        (each) => each.enabled && each.name !== '' && each.name === name && each.password === password,
      ) ?? null
    );
  }

  read(path: string): JsonObject | null {
    if (path === SERVICE)
      return {
        ...named(SERVICE, 'AccountService.v1_15_0.AccountService', 'AccountService'),
        ServiceEnabled: true,
        MinPasswordLength: 8,
        MaxPasswordLength: MAX_PASSWORD,
        Accounts: link(ACCOUNTS),
        Roles: link(ROLES),
      };
    if (path === ACCOUNTS) return collection(path, 'ManagerAccount', this.accounts.map(pathOf));
    if (path === ROLES)
      return collection(
        path,
        'Role',
        Object.keys(PRIVILEGES).map((id) => `${ROLES}/${id}`),
      );
    const role = path.startsWith(`${ROLES}/`) ? path.slice(ROLES.length + 1) : '';
    const privileges = PRIVILEGES[role];
    if (privileges !== undefined)
      return { ...named(path, 'Role.v1_3_1.Role', role), RoleId: role, AssignedPrivileges: [...privileges] };
    const account = this.accounts.find((each) => pathOf(each) === path);
    return account === undefined ? null : resourceOf(account);
  }

  write(path: string, body: JsonObject): Outcome | null {
    const account = this.accounts.find((each) => pathOf(each) === path);
    if (account === undefined) return null;
    Object.assign(account, changesOf(body));
    return {};
  }

  act(path: string, body: JsonObject): Outcome | null {
    if (path !== ACCOUNTS) return null;
    if (this.fixed_table) throw notAllowed();
    const name = textOf(body.UserName, 'UserName');
    if (this.accounts.some((each) => each.name === name))
      throw new RedfishRefusal(409, 'ResourceAlreadyExists', `The account ${name} exists already.`);
    if (this.accounts.length >= MAX_ACCOUNTS)
      throw new RedfishRefusal(400, 'CreateLimitReachedForResource', 'There is no room for another account.');
    textOf(body.Password, 'Password');
    const id = String(this.#next_id++);
    const account = { id, password: '', role: 'ReadOnly', enabled: true, ...changesOf(body), name };
    this.accounts.push(account);
    return { status: 201, headers: { location: pathOf(account) }, body: resourceOf(account) };
  }

  remove(path: string): Outcome | null {
    const account = this.accounts.find((each) => pathOf(each) === path);
    if (account === undefined) return null;
    if (this.fixed_table) throw notAllowed();
    return {
      work: () => {
        this.accounts = this.accounts.filter((each) => each !== account);
      },
    };
  }
}

/** Checked before any of it is written. */
function changesOf(body: JsonObject): Partial<Account> {
  const changes: Partial<Account> = {};
  writeEach(body, {
    UserName: (value) => {
      changes.name = textOf(value, 'UserName');
    },
    Password: (value) => {
      changes.password = passwordOf(value);
    },
    RoleId: (value) => {
      if (PRIVILEGES[String(value)] === undefined) throw notInList(value, 'RoleId');
      changes.role = String(value);
    },
    Enabled: (value) => {
      changes.enabled = booleanOf(value, 'Enabled');
    },
  });
  return changes;
}

function passwordOf(value: Json): string {
  const password = textOf(value, 'Password');
  if (password.length >= 8 && password.length <= MAX_PASSWORD) return password;
  throw new RedfishRefusal(
    400,
    'PropertyValueFormatError',
    `The value ${password} for the property Password is of a different format than the property can accept.`,
  );
}

function notAllowed(): RedfishRefusal {
  return new RedfishRefusal(405, 'OperationNotAllowed', 'The method is not allowed.');
}

function pathOf({ id }: Account): string {
  return `${ACCOUNTS}/${id}`;
}

function resourceOf(account: Account): JsonObject {
  const { id, name, role, enabled } = account;
  return {
    ...named(pathOf(account), 'ManagerAccount.v1_12_0.ManagerAccount', id),
    UserName: name,
    Password: null,
    RoleId: role,
    Enabled: enabled,
    Locked: false,
    Links: PRIVILEGES[role] === undefined ? {} : { Role: link(`${ROLES}/${role}`) },
  };
}
