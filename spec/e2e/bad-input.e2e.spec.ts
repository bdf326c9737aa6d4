import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { expect } from 'chai';
import { systemClock } from '../../config/system-clock.ts';
import { type Rack, startRack } from '../../rack/rack.ts';
import { eventually } from '../services/eventually.ts';
import { type Deployment, startDeployment } from './deployment.ts';
import { type OpenstackAccount, openstackOnce } from './openstack-shell.ts';

interface WireReply {
  status: number;
  text: string;
  /** The reason, out of the error body of the reference. */
  fault: string;
}

interface NodeView {
  provision_state: string;
  last_error: string | null;
  reservation: string | null;
  maintenance: boolean;
}

const SECRET = 'hunter2-is-wrong';
const STACK = /\n\s+at |Traceback|node_modules|\.ts:\d+|\.js:\d+/;

describe('bad input', function () {
  this.timeout(180_000);
  let deployment: Deployment;
  let rack: Rack;
  let silent: Socket;
  let token: string;

  before(async () => {
    deployment = await startDeployment({ ipmi: { command_timeout: 50, command_retries: 2 } });
    rack = await startRack({ count: 1, clock: systemClock, boot_url: () => deployment.boot_url });
    silent = createSocket('udp4').bind(0, '127.0.0.1');
    await once(silent, 'listening');
    token = await logIn(deployment.operator);
  });
  after(async () => {
    silent?.close();
    await rack?.[Symbol.asyncDispose]();
    await deployment?.[Symbol.asyncDispose]();
  });
  afterEach(() => {
    expect(deployment.output()).to.not.contain(SECRET);
  });

  async function logIn({ auth_url, username, password, project_name }: OpenstackAccount): Promise<string> {
    const domain = { name: 'Default' };
    const reply = await fetch(`${auth_url}/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        auth: {
          identity: { methods: ['password'], password: { user: { name: username, domain, password } } },
          scope:
            project_name === undefined
              ? { system: { all: true } }
              : { project: { name: project_name, domain } },
        },
      }),
    });
    expect(reply.status).to.equal(201);
    return reply.headers.get('x-subject-token') ?? '';
  }

  async function ask(
    method: string,
    path: string,
    body?: string | object,
    headers: Record<string, string> = {},
  ): Promise<WireReply> {
    const reply = await fetch(deployment.api_url + path, {
      method,
      headers: {
        'content-type': 'application/json',
        'x-openstack-ironic-api-version': '1.82',
        ...(token === '' ? {} : { 'x-auth-token': token }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await reply.text();
    expect(text).to.not.match(STACK);
    expect(text).to.not.contain(SECRET);
    return { status: reply.status, text, fault: faultOf(text) };
  }

  /** JSON in a string in JSON: `error_message`; some bodies are the fault itself. */
  function faultOf(text: string): string {
    if (text === '') return '';
    const body = JSON.parse(text) as { error_message?: string; faultstring?: string };
    if (body.error_message === undefined) return body.faultstring ?? '';
    const inner = JSON.parse(body.error_message) as { faultstring?: string; description?: string };
    return inner.faultstring ?? inner.description ?? '';
  }

  const read = async (node: string): Promise<NodeView> =>
    JSON.parse(
      (await ask('GET', `/v1/nodes/${node}?fields=provision_state,last_error,reservation,maintenance`)).text,
    ) as NodeView;

  async function create(name: string, driver_info: object): Promise<void> {
    const { status, text } = await ask('POST', '/v1/nodes', { name, driver: 'ipmi', driver_info });
    expect(status, text).to.equal(201);
  }

  /** Manages a node that cannot be managed; resolves with the reason that it shows. The node must be free and in enroll. */
  async function failsToManage(name: string): Promise<string> {
    const { status, text } = await ask('PUT', `/v1/nodes/${name}/states/provision`, { target: 'manage' });
    expect(status, text).to.equal(202);
    return await eventually(async () => {
      const node = await read(name);
      expect(node).to.include({ provision_state: 'enroll', reservation: null, maintenance: false });
      expect(node.last_error).to.be.a('string');
      expect(node.last_error).to.not.match(STACK);
      return node.last_error ?? '';
    });
  }

  describe('requests', () => {
    before(async () => {
      await create('plain', {});
    });

    const cases: readonly [
      what: string,
      method: string,
      path: string,
      body: string | object | undefined,
      status: number,
      fault: RegExp,
    ][] = [
      ['an unknown driver', 'POST', '/v1/nodes', { driver: 'warp-drive' }, 400, /warp-drive/],
      ['no driver', 'POST', '/v1/nodes', { name: 'x' }, 400, /driver/],
      ['an unknown field', 'POST', '/v1/nodes', { driver: 'ipmi', colour: 'red' }, 400, /colour/],
      ['a field of the wrong type', 'POST', '/v1/nodes', { driver: 'ipmi', extra: 7 }, 400, /extra/],
      ['malformed JSON', 'POST', '/v1/nodes', `{"driver": "ipmi", "x": "${SECRET}`, 400, /JSON/i],
      ['JSON that is no object', 'POST', '/v1/nodes', '[]', 400, /./],
      [
        'an oversized body',
        'POST',
        '/v1/nodes',
        `{"extra": {"x": "${'a'.repeat(1_100_000)}"}}`,
        413,
        /larger than \d+ bytes/,
      ],
      ['a name that is taken', 'POST', '/v1/nodes', { driver: 'ipmi', name: 'plain' }, 409, /plain/],
      [
        'something that is neither UUID nor name',
        'GET',
        '/v1/nodes/bad%20uuid!',
        undefined,
        400,
        /bad uuid!/,
      ],
      [
        'a UUID of nothing',
        'GET',
        '/v1/nodes/6f1b0a52-3c1d-4a57-9a0e-1f4d4a7d1c11',
        undefined,
        404,
        /6f1b0a52-3c1d-4a57-9a0e-1f4d4a7d1c11 could not be found/,
      ],
      ['a bad UUID of a port', 'GET', '/v1/ports/bad%20uuid!', undefined, 400, /bad uuid!/],
      [
        'a port of a node that is not there',
        'POST',
        '/v1/ports',
        { address: '52:54:00:00:00:01', node_uuid: '6f1b0a52-3c1d-4a57-9a0e-1f4d4a7d1c11' },
        400,
        /6f1b0a52/,
      ],
      [
        'a verb that does not exist',
        'PUT',
        '/v1/nodes/plain/states/provision',
        { target: 'fly' },
        400,
        /fly/,
      ],
      [
        'a verb that the state does not allow',
        'PUT',
        '/v1/nodes/plain/states/provision',
        { target: 'active' },
        400,
        /"active" .*enroll/,
      ],
      [
        'a power action that does not exist',
        'PUT',
        '/v1/nodes/plain/states/power',
        { target: 'explode' },
        400,
        /power target/,
      ],
      [
        'a patch of nothing',
        'PATCH',
        '/v1/nodes/plain',
        [{ op: 'remove', path: '/extra/nothing' }],
        400,
        /nothing/,
      ],
      [
        'a patch of what no client may change',
        'PATCH',
        '/v1/nodes/plain',
        [{ op: 'replace', path: '/provision_state', value: 'active' }],
        400,
        /provision_state/,
      ],
      ['a path that does not exist', 'GET', '/v1/nonsense', undefined, 404, /./],
      ['a query that does not exist', 'GET', '/v1/nodes?colour=red', undefined, 400, /colour/],
      ['a page without items', 'GET', '/v1/nodes?limit=-1', undefined, 400, /limit/i],
    ];
    for (const [what, method, path, body, status, fault] of cases)
      it(`${status} for ${what}`, async () => {
        const reply = await ask(method, path, body);
        expect(reply.status, reply.text).to.equal(status);
        expect(reply.fault).to.match(fault);
      });

    it('406 for a version that is not there, with the range in the headers', async () => {
      const reply = await fetch(`${deployment.api_url}/v1/nodes`, {
        headers: { 'x-openstack-ironic-api-version': '1.999', 'x-auth-token': token },
      });
      expect(reply.status).to.equal(406);
      expect(reply.headers.get('x-openstack-ironic-api-minimum-version')).to.equal('1.1');
      expect(reply.headers.get('x-openstack-ironic-api-maximum-version')).to.match(/^1\.\d+$/);
    });

    it('401 for a missing or wrong token', async () => {
      for (const wrong of ['', 'nonsense']) {
        const reply = await fetch(`${deployment.api_url}/v1/nodes`, { headers: { 'x-auth-token': wrong } });
        expect(reply.status).to.equal(401);
        expect(reply.headers.get('www-authenticate')).to.match(/^Keystone uri="http/);
        expect(((await reply.json()) as { error: { code: number } }).error.code).to.equal(401);
      }
    });

    it('does not show a tenant the nodes of others, nor let it take them', async () => {
      const mine = token;
      token = await logIn(deployment.tenant);
      try {
        expect(JSON.parse((await ask('GET', '/v1/nodes')).text)).to.deep.include({ nodes: [] });
        expect((await ask('GET', '/v1/nodes/plain')).status).to.equal(404);
        expect((await ask('PUT', '/v1/nodes/plain/states/provision', { target: 'manage' })).status).to.equal(
          404,
        );
      } finally {
        token = mine;
      }
    });

    it('leaves the node as it was', async () => {
      expect(await read('plain')).to.deep.include({
        provision_state: 'enroll',
        last_error: null,
        reservation: null,
      });
    });
  });

  describe('driver_info', () => {
    const login = () => {
      const [server] = rack.servers;
      if (server === undefined) throw new Error('The rack is empty.');
      return server.driver_info;
    };

    it('without an address: says which property is missing', async () => {
      await create('no-address', { ipmi_username: 'admin' });
      expect(await failsToManage('no-address')).to.match(/ipmi_address/);
      const { text } = await ask('GET', '/v1/nodes/no-address/validate');
      const { power } = JSON.parse(text) as { power: { result: boolean; reason: string } };
      expect(power.result).to.equal(false);
      expect(power.reason).to.match(/ipmi_address/);
    });

    it('with a port that is none: says so', async () => {
      await create('bad-port', { ...login(), ipmi_port: 'seven' });
      expect(await failsToManage('bad-port')).to.match(/ipmi_port/);
    });

    it('with a wrong password: says so, and what to correct, but not the password', async () => {
      await create('bad-password', { ...login(), ipmi_password: SECRET });
      const reason = await failsToManage('bad-password');
      expect(reason).to.match(/ipmi_password/);
      expect(reason).to.match(/password|credential/i);
      expect(reason).to.not.contain(SECRET);
    });

    it('of a BMC that is silent: says where it looked and what to check', async () => {
      const { port } = silent.address();
      await create('silent', { ...login(), ipmi_port: port });
      const reason = await failsToManage('silent');
      expect(reason).to.contain('127.0.0.1');
      expect(reason).to.match(/ipmi_address/);
      expect(reason).to.match(/answer|reach/i);
      expect(reason.match(/\bCheck\b/g), reason).to.have.length(1);
    });

    it('put right: the node can be managed', async () => {
      const path = '/driver_info/ipmi_password';
      const patch = [{ op: 'replace', path, value: login().ipmi_password }];
      expect((await ask('PATCH', '/v1/nodes/bad-password', patch)).status).to.equal(200);
      await ask('PUT', '/v1/nodes/bad-password/states/provision', { target: 'manage' });
      await eventually(async () => {
        expect(await read('bad-password')).to.deep.include({
          provision_state: 'manageable',
          last_error: null,
          reservation: null,
          maintenance: false,
        });
      });
    });
  });

  describe('instance_info', () => {
    const settles = async (wished: string): Promise<NodeView> =>
      await eventually(async () => {
        const node = await read('bad-password');
        expect(node).to.include({ provision_state: wished, reservation: null, maintenance: false });
        return node;
      });
    const raise = async (target: string): Promise<WireReply> =>
      await ask('PUT', '/v1/nodes/bad-password/states/provision', { target });
    const setImage = async (value: object): Promise<void> => {
      const reply = await ask('PATCH', '/v1/nodes/bad-password', [
        { op: 'add', path: '/instance_info', value },
      ]);
      expect(reply.status, reply.text).to.equal(200);
    };

    before(async () => {
      const [server] = rack.servers;
      const { text } = await ask('GET', '/v1/nodes/bad-password?fields=uuid');
      const { uuid } = JSON.parse(text) as { uuid: string };
      await ask('POST', '/v1/ports', { node_uuid: uuid, address: server?.machine.identity.macs[0] });
      expect((await raise('provide')).status).to.equal(202);
      await settles('available');
    });

    it('without an image: the deploy is refused and nothing happens', async () => {
      const { status, fault } = await raise('active');
      expect(status).to.equal(400);
      expect(fault).to.match(/image_source/);
      expect(await settles('available')).to.include({ last_error: null });
    });

    it('without a checksum: the deploy is refused', async () => {
      await setImage({ image_source: deployment.image.url });
      const { status, fault } = await raise('active');
      expect(status).to.equal(400);
      expect(fault).to.match(/image_os_hash_value/);
    });

    it('with a wrong checksum: the deploy fails, naming both, and the node can be had again', async () => {
      const { url, sha256 } = deployment.image;
      const wrong = '0'.repeat(64);
      await setImage({ image_source: url, image_os_hash_algo: 'sha256', image_os_hash_value: wrong });
      expect((await raise('active')).status).to.equal(202);
      const { last_error } = await settles('deploy failed');
      expect(last_error).to.contain(wrong).and.to.contain(sha256).and.not.to.match(STACK);
      expect((await raise('deleted')).status).to.equal(202);
      await settles('available');
    });
  });

  describe('through the stock client', () => {
    it('shows the reason and fails', async () => {
      const { code, stderr } = await openstackOnce(deployment.operator, [
        ...[
          'baremetal',
          'node',
          'create',
          '--driver',
          'warp-drive',
          '--driver-info',
          `ipmi_password=${SECRET}`,
        ],
      ]);
      expect(code).to.equal(1);
      expect(stderr).to.match(/warp-drive.*\(HTTP 400\)/);
      expect(stderr).to.not.match(STACK);
    });

    it('shows the last_error of a node that cannot be managed', async () => {
      const { code, stderr } = await openstackOnce(deployment.operator, [
        ...['baremetal', 'node', 'manage', 'silent', '--wait', '60'],
      ]);
      expect(code).to.equal(1);
      expect(stderr).to.contain("It's in unexpected stable state enroll");
      const shown = await openstackOnce(deployment.operator, [
        ...['baremetal', 'node', 'show', 'silent', '-f', 'value', '-c', 'last_error'],
      ]);
      expect(shown.stdout.trim()).to.equal((await read('silent')).last_error);
    });
  });
});
