import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { AccountService } from './account-service.ts';
import { PATHS } from './paths.ts';
import { RedfishRefusal } from './redfish-error.ts';
import type { RedfishFaults } from './redfish-faults.ts';

const MAX_SESSIONS = 16;

/** Who is let in, by a session or by HTTP Basic (DSP0266 13.3). */
export class Sessions {
  readonly #accounts: AccountService;
  /** Token → id. */
  readonly #sessions = new Map<string, number>();
  #next_id = 1;

  constructor(accounts: AccountService) {
    this.#accounts = accounts;
  }

  get size(): number {
    return this.#sessions.size;
  }

  forget(): void {
    this.#sessions.clear();
  }

  /** @throws RedfishRefusal */
  open(
    body: JsonObject | null,
    { session_status }: RedfishFaults,
  ): { status: number; headers: Record<string, string>; body: JsonObject } {
    if (session_status !== undefined)
      throw new RedfishRefusal(session_status, 'OperationNotAllowed', 'There are no sessions.');
    const { UserName, Password } = body ?? {};
    if (this.#accounts.login(String(UserName), String(Password)) === null)
      throw new RedfishRefusal(401, 'NoValidSession', 'The credentials are wrong.');
    if (this.#sessions.size >= MAX_SESSIONS)
      throw new RedfishRefusal(503, 'SessionLimitExceeded', 'There is no room for another session.');
    const id = this.#next_id++;
    const token = randomBytes(16).toString('hex');
    this.#sessions.set(token, id);
    const path = `${PATHS.sessions}/${id}`;
    return {
      status: 201,
      headers: { 'x-auth-token': token, location: path },
      body: { '@odata.id': path, Id: String(id), Name: 'User Session', UserName: String(UserName) },
    };
  }

  /** False: there is no such session. */
  close(path: string): boolean {
    for (const [token, id] of this.#sessions)
      if (path === `${PATHS.sessions}/${id}`) return this.#sessions.delete(token);
    return false;
  }

  /** @throws RedfishRefusal */
  authenticate(headers: IncomingHttpHeaders, { sessions_refused }: RedfishFaults): void {
    const token = headers['x-auth-token'];
    if (sessions_refused !== true && typeof token === 'string' && this.#sessions.has(token)) return;
    const basic = (headers.authorization ?? '').replace(/^Basic /, '');
    const words = Buffer.from(basic, 'base64').toString('utf8');
    const colon = words.indexOf(':');
    if (colon > 0 && this.#accounts.login(words.slice(0, colon), words.slice(colon + 1)) !== null) return;
    throw new RedfishRefusal(401, 'NoValidSession', 'There is no valid session.');
  }
}
