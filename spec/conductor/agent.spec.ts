import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { type AgentClient, agentOf } from '../../conductor/agent.ts';
import { systemClock } from '../../config/system-clock.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { settingsWith } from './conductor-bench.ts';

const TOKEN = 't'.repeat(43);
const FAST = {
  ...systemClock,
  sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(Math.min(ms, 5), signal),
};

describe('the agent client', () => {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  /** An agent that answers each request with the next of `answers`; what it was asked is kept. */
  async function agent(answers: readonly [number, JsonObject | string][]) {
    const asked: { url: string; body: string }[] = [];
    const listener: RequestListener = async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const [status, body] = answers[asked.length] ?? [500, 'asked once too often'];
      asked.push({ url: request.url ?? '', body: Buffer.concat(chunks).toString('utf8') });
      response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    const server = createServer((request, response) => void listener(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ends.push(
      () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    );
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { client: clientOf(url), asked, url };
  }

  function clientOf(agent_url: string, lease = new AbortController()): AgentClient {
    const node = { driver_internal_info: { agent_url, agent_secret_token: TOKEN } } as unknown as NodeRecord;
    return agentOf(node, {
      settings: settingsWith({ agent: { command_timeout: 1 } }),
      clock: FAST,
      lease: { check: () => lease.signal.throwIfAborted(), signal: lease.signal },
    });
  }

  const messageOf = (call: Promise<unknown>): Promise<string> =>
    call.then(
      () => 'no error',
      (error: Error) => error.message,
    );

  const command = (command_status: string, more: JsonObject = {}): JsonObject => ({
    id: 'c1',
    command_name: 'sync',
    command_status,
    ...more,
  });

  it('sends the command with its token and looks until it has ended', async () => {
    const { client, asked } = await agent([
      [200, command('RUNNING')],
      [200, { commands: [command('RUNNING')] }],
      [200, { commands: [command('SUCCEEDED', { command_result: { x: 1 } })] }],
    ]);
    const { command_result } = await client.run('standby.sync', { a: 1 }, { wait: true });
    expect(command_result).to.deep.equal({ x: 1 });
    expect(asked[0]).to.deep.equal({
      url: `/v1/commands/?wait=false&agent_token=${TOKEN}`,
      body: '{"name":"standby.sync","params":{"a":1}}',
    });
    expect(asked).to.have.lengthOf(3);
  });

  it('waits for an agent that is busy with an earlier command', async () => {
    const { client, asked } = await agent([
      [409, { faultstring: 'Agent is busy' }],
      [200, command('SUCCEEDED')],
    ]);
    await client.run('standby.sync', {});
    expect(asked).to.have.lengthOf(2);
  });

  it('tells the agent’s own reason', async () => {
    const { client } = await agent([
      [200, command('FAILED', { command_error: { type: 'X', message: 'Oh', details: 'no disk' } })],
    ]);
    expect(await messageOf(client.run('standby.sync', {}))).to.match(/standby\.sync failed: Oh: no disk/);
  });

  it('does not send a command twice that may have arrived', async () => {
    const { client, asked } = await agent([[500, 'broken']]);
    expect(await messageOf(client.run('standby.sync', {}))).to.contain('broken');
    expect(asked).to.have.lengthOf(1);
  });

  it('says which agent cannot be reached, and never its token', async () => {
    const { url } = await agent([]);
    await ends.pop()?.();
    const message = await messageOf(clientOf(url).run('standby.sync', {}));
    expect(message)
      .to.contain(url)
      .and.match(/cannot be reached/)
      .and.match(/ramdisk/);
    expect(message).not.to.contain(TOKEN);
  });

  it('bounds what it reads', async () => {
    const { client } = await agent([[200, 'x'.repeat(17 * 1024 * 1024)]]);
    expect(await messageOf(client.run('standby.sync', {}))).to.contain('too large');
  });

  it('asks nothing without a lease', async () => {
    const { url, asked } = await agent([[200, command('SUCCEEDED')]]);
    const lease = new AbortController();
    lease.abort(new Error('The lease was lost.'));
    expect(await messageOf(clientOf(url, lease).run('standby.sync', {}))).to.equal('The lease was lost.');
    expect(asked).to.deep.equal([]);
  });

  it('needs a heartbeat first', () => {
    const node = { driver_internal_info: {} } as unknown as NodeRecord;
    const lease = { check: () => {}, signal: new AbortController().signal };
    expect(() => agentOf(node, { settings: settingsWith({}), clock: FAST, lease })).to.throw(/heartbeat/);
  });
});
