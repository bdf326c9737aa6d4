import { expect } from 'chai';
import { type IdentityDoor, SignInRefused } from '../../../api/portal/identity-door.ts';
import { keystoneDoor } from '../../../api/portal/keystone-door.ts';
import { createLogger } from '../../../config/logger.ts';
import type { Json } from '../../../lifecycle/json.ts';
import { manualClock } from '../openstack/auth/manual-clock.ts';

type Answer = { status: number; body: Json; token?: string };

const TOKEN: Json = {
  token: {
    user: { id: 'u1', name: 'mika' },
    expires_at: '2030-01-01T00:00:00Z',
    roles: [{ name: 'member' }],
  },
};
const byPassword = (name: string) => ({
  identity: {
    methods: ['password'],
    password: { user: { name, domain: { name: 'Default' }, password: 'x' } },
  },
});

/** A door to a Keystone that answers what it is told; `asked`: what came. */
function doorTo(answer: () => Answer | Error): { door: IdentityDoor; asked: string[] } {
  const asked: string[] = [];
  const none = () => Promise.reject(new Error('not in this spec'));
  const door = keystoneDoor({
    auth_url: 'https://keystone.example.org/v3',
    clock: manualClock(),
    log: createLogger({ level: 'error', name: 'spec', destination: { write: () => {} } }),
    throttle: { attempts: 2, longest_s: 60 },
    http: {
      async request(method, url) {
        asked.push(`${method} ${url}`);
        const given = answer();
        if (given instanceof Error) throw given;
        const headers = new Headers(given.token === undefined ? {} : { 'x-subject-token': given.token });
        return { status: given.status, body: given.body, headers };
      },
      ...{ stream: none, download: none, close: async () => {} },
    },
  });
  return { door, asked };
}

async function refusal(door: IdentityDoor, name: string, address = '192.0.2.1'): Promise<unknown> {
  return await door.issue(byPassword(name), address).catch((error: unknown) => error);
}

describe("the portal's door to Keystone", () => {
  it('brings a token and what it says', async () => {
    const { door, asked } = doorTo(() => ({ status: 201, body: TOKEN, token: 't1' }));
    const { token, facts } = await door.issue(byPassword('mika'), '192.0.2.1');
    expect([token, facts.user_name, facts.roles]).to.deep.equal(['t1', 'mika', ['member']]);
    expect(asked).to.deep.equal(['POST https://keystone.example.org/v3/auth/tokens?nocatalog']);
  });

  it('lets guesses wait, by account and address, and does not ask Keystone meanwhile', async () => {
    const { door, asked } = doorTo(() => ({ status: 401, body: null }));
    for (const status of [401, 401, 429]) {
      const error = await refusal(door, 'mika');
      expect(error).to.be.instanceOf(SignInRefused).with.property('status', status);
    }
    expect(asked).to.have.length(2);
    expect(await refusal(door, 'ken')).to.have.property('status', 401);
    expect(await refusal(door, 'mika', '192.0.2.2')).to.have.property('status', 401);
  });

  it('tells what Keystone forbids, and that it is away', async () => {
    const forbidden = doorTo(() => ({ status: 403, body: { error: { message: 'You may not.' } } }));
    expect(await refusal(forbidden.door, 'mika')).to.include({ status: 403, message: 'You may not.' });
    const away = doorTo(() => new Error('refused'));
    expect(await refusal(away.door, 'mika')).to.have.property('status', 503);
    const strange = doorTo(() => ({ status: 201, body: null }));
    expect(await refusal(strange.door, 'mika')).to.have.property('status', 503);
  });
});
