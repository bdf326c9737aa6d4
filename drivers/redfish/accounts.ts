import { type AccountControl, type AccountRole, DriverError } from '../contract.ts';
import type { Call } from './call.ts';
import { booleanIn, linkIn, type Resource, required, textIn } from './resources.ts';
import { roleIdOf, roleOf } from './roles.ts';
import type { System } from './system.ts';

/** Where the BMC does not say: what all of them take that speak IPMI too (IPMI v2.0 22.30). */
const PASSWORD_BYTES = 20;

interface Accounts {
  service: Resource;
  /** Path of the collection. */
  collection: string;
  /** Those with a name, and the empty places of BMCs with a fixed table. */
  all: Resource[];
}

/** The accounts of the BMC (DSP0268, AccountService). An account's id is its Id there. */
export function redfishAccounts(system: System): AccountControl {
  const { client } = system;
  const self = client.username;

  const service = async (call: Call): Promise<Resource> => {
    const root = await client.root(call);
    return client.get(call, required(root, 'AccountService', linkIn(root.body, 'AccountService')));
  };
  const accounts = async (call: Call): Promise<Accounts> => {
    const found = await service(call);
    const collection = required(found, 'Accounts', linkIn(found.body, 'Accounts'));
    return { service: found, collection, all: await system.members(call, collection) };
  };
  const rights = async (call: Call, found: Resource, role: AccountRole): Promise<{ RoleId: string }> => {
    const RoleId = await roleIdOf(system, call, found, role);
    if (RoleId !== null) return { RoleId };
    throw new DriverError(
      'rejected',
      `${client.name}: The BMC has no role without rights. Disable the account.`,
    );
  };
  const refuseLong = ({ service: { body } }: Accounts, password: string): void => {
    const most = maxPassword(body);
    if (Buffer.byteLength(password) > most)
      throw new DriverError('rejected', `${client.name}: The BMC takes passwords of at most ${most} bytes.`);
  };
  const ofId = ({ all }: Accounts, id: string): Resource | undefined =>
    all.find((each) => idOf(each) === id && nameOf(each) !== '');

  return {
    maxPasswordBytes: (options) =>
      client.within(options, async (call) => maxPassword((await service(call)).body)),
    list: (options) =>
      client.within(options, async (call) => {
        const named = (await accounts(call)).all.filter((each) => nameOf(each) !== '');
        const found = [];
        for (const account of named)
          found.push({
            id: idOf(account),
            name: nameOf(account),
            role: await roleOf(system, call, account),
            enabled: booleanIn(account.body, 'Enabled') !== false,
            self: nameOf(account) === self,
          });
        return found;
      }),
    create: ({ name, password, role }, options) =>
      client.within(options, async (call) => {
        const before = await accounts(call);
        refuseLong(before, password);
        const wished = {
          UserName: name,
          Password: password,
          Enabled: true,
          ...(await rights(call, before.service, role)),
        };
        const known = before.all.find((each) => nameOf(each) === name);
        if (known !== undefined) {
          await client.patch(call, known, { Password: password, ...differing(known, wished) });
          return idOf(known);
        }
        await addAccount(system, call, before, wished);
        const made = (await accounts(call)).all.find((each) => nameOf(each) === name);
        if (made !== undefined) return idOf(made);
        throw new DriverError(
          'rejected',
          `${client.name}: The BMC took the account ${name}, and does not show it.`,
        );
      }),
    change: (id, { password, role, enabled }, options) =>
      client.within(options, async (call) => {
        const before = await accounts(call);
        const account = ofId(before, id);
        if (account === undefined)
          throw new DriverError('rejected', `${client.name}: The BMC has no account ${id}.`);
        if (nameOf(account) === self && enabled === false) throw ownAccount(client.name, 'disabled');
        if (password !== undefined) refuseLong(before, password);
        const change = {
          ...(password === undefined ? {} : { Password: password }),
          ...(enabled === undefined ? {} : { Enabled: enabled }),
          ...(role === undefined ? {} : await rights(call, before.service, role)),
        };
        if (Object.keys(change).length > 0) await client.patch(call, account, change);
      }),
    delete: (id, options) =>
      client.within(options, async (call) => {
        const account = ofId(await accounts(call), id);
        if (account === undefined) return;
        if (nameOf(account) === self) throw ownAccount(client.name, 'deleted');
        try {
          await client.delete(call, account.path);
        } catch (error) {
          if (!isUnsupported(error)) throw error;
          await emptyPlace(system, call, account);
        }
      }),
  };
}

/**
 * Asks for a new member; where the BMC has a fixed table of accounts, takes an empty place of it. The first one may be
 * reserved, and refuse. Source: Dell's scripts for iDRAC (github.com/dell/redfish-ansible-module, scripts/).
 */
async function addAccount(
  { client }: System,
  call: Call,
  { collection, all }: Accounts,
  wished: object,
): Promise<void> {
  try {
    return await client.post(call, collection, wished);
  } catch (error) {
    if (!isUnsupported(error)) throw error;
  }
  const empty = all.filter((each) => textIn(each.body, 'UserName') === '');
  let refused: unknown = new DriverError(
    'rejected',
    `${client.name}: All accounts of the BMC are taken. Delete one.`,
  );
  for (const place of empty.slice(0, 2))
    try {
      return await client.patch(call, place, wished);
    } catch (error) {
      if (!(error instanceof DriverError) || error.code !== 'rejected') throw error;
      refused = error;
    }
  throw refused;
}

/** As Dell's scripts do it (see above): disabled first, then without a name. */
async function emptyPlace({ client }: System, call: Call, { path }: Resource): Promise<void> {
  await client.patch(call, await client.get(call, path), { Enabled: false });
  await client.patch(call, await client.get(call, path), { UserName: '' });
}

/** BMCs may refuse to write what is so already, above all of the account that asks. */
function differing({ body }: Resource, wished: { RoleId: string; Enabled: boolean }): object {
  return {
    ...(textIn(body, 'RoleId') === wished.RoleId ? {} : { RoleId: wished.RoleId }),
    ...(booleanIn(body, 'Enabled') === wished.Enabled ? {} : { Enabled: wished.Enabled }),
  };
}

function maxPassword(service: Readonly<Record<string, unknown>>): number {
  const { MaxPasswordLength } = service;
  const told = typeof MaxPasswordLength === 'number' && MaxPasswordLength > 0;
  return told ? MaxPasswordLength : PASSWORD_BYTES;
}

function nameOf({ body }: Resource): string {
  return textIn(body, 'UserName') ?? '';
}

function idOf({ path, body }: Resource): string {
  return textIn(body, 'Id') ?? path;
}

function isUnsupported(error: unknown): boolean {
  return error instanceof DriverError && error.code === 'unsupported';
}

function ownAccount(name: string, what: string): DriverError {
  return new DriverError(
    'rejected',
    `${name}: The account that Kurogane logs in with cannot be ${what}. Change redfish_username first.`,
  );
}
