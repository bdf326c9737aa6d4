import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { systemClock } from '../../config/system-clock.ts';
import { type Connection, type Driver, DriverError, type SerialStream } from '../../drivers/contract.ts';
import { createFakeDriver } from '../../drivers/fake/driver.ts';
import { type ConsoleRelay, createConsoleRelay } from '../../gateway/consoles/relay.ts';
import { consolesOver } from '../../gateway/consoles/tickets.ts';
import { createWatch, type Watch } from '../../gateway/watch.ts';
import type { Caller } from '../../lifecycle/caller.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { type LifecycleBench, serveLifecycle } from '../api/lifecycle/lifecycle-bench.ts';
import { runClient } from '../cli/client-bench.ts';
import { type ConductorBench, SILENT, startConductorBench } from '../conductor/conductor-bench.ts';
import { eventually } from '../services/eventually.ts';

const P1: Partial<Caller> = { system_scope: false, project_id: 'p1', roles: ['member', 'reader'] };
const READER: Partial<Caller> = { ...P1, user_id: 'looker', roles: ['reader'] };
const P2: Partial<Caller> = { ...P1, project_id: 'p2' };

/** A serial port whose two ends a test has. */
class Line {
  typed = '';
  breaks = 0;
  closed = 0;
  opened = 0;
  busy = false;
  #print: (bytes: Uint8Array | null) => void = () => {};

  print(text: string): void {
    this.#print(Buffer.from(text));
  }
  end(): void {
    this.#print(null);
  }
  open(): SerialStream {
    if (this.busy) throw new DriverError('busy', 'Somebody else has the serial port.');
    this.opened += 1;
    const waiting: (Uint8Array | null)[] = [];
    let wake = (): void => {};
    this.#print = (bytes) => {
      waiting.push(bytes);
      wake();
    };
    async function* output(): AsyncGenerator<Uint8Array> {
      for (;;) {
        const next = waiting.shift();
        if (next === null) return;
        if (next !== undefined) yield next;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    }
    return {
      output: output(),
      write: async (bytes: Uint8Array) => {
        this.typed += Buffer.from(bytes).toString();
      },
      sendBreak: async () => {
        this.breaks += 1;
      },
      [Symbol.asyncDispose]: async () => {
        this.closed += 1;
        this.end();
      },
    } as unknown as SerialStream;
  }
}

/** What one websocket said, and how it ended. */
interface Seen {
  socket: WebSocket;
  text(): string;
  ended: Promise<{ code: number; why: string }>;
}

describe('S82 consoles by websocket', () => {
  let bench: ConductorBench;
  let api: LifecycleBench;
  let node: NodeRecord;
  let watch: Watch;
  let relay: ConsoleRelay;
  let line: Line;
  let screens: { stream: Duplex; came: Buffer[] }[];
  let base: string;
  let close: () => Promise<void>;
  const sockets: WebSocket[] = [];

  beforeEach(async () => {
    line = new Line();
    screens = [];
    await start(1800);
  });
  afterEach(() => close());

  async function start(idle_s: number): Promise<void> {
    const server = createServer((_request, response) => response.writeHead(404).end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    base = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    bench = await startConductorBench({ gateway: { console_endpoint: base } }, { driver: withSerialPort() });
    api = await serveLifecycle(bench, undefined, true);
    const conductor = await bench.start();
    node = await bench.node({ provision_state: 'active', lessee: 'p1' });
    const { store } = bench;
    watch = createWatch((uuids) => consolesOver(store, uuids), systemClock);
    const open = async (): Promise<Connection> =>
      ({
        graphicalConsole: { connect: async () => screen() },
        [Symbol.asyncDispose]: async () => {},
      }) as unknown as Connection;
    const { consoles } = conductor;
    const common = { store, watch, clock: systemClock, log: SILENT, audit: true, idle_s };
    relay = createConsoleRelay({ ...common, open, consoles });
    server.on('upgrade', (request, socket, head) => {
      if (!relay.upgrade(request, socket, head)) socket.destroy();
    });
    close = async () => {
      for (const socket of sockets.splice(0)) socket.terminate();
      await relay[Symbol.asyncDispose]();
      await watch[Symbol.asyncDispose]();
      server.closeAllConnections();
      server.close();
      await api[Symbol.asyncDispose]();
      await bench[Symbol.asyncDispose]();
    };
  }

  function withSerialPort(): Driver {
    const fake = createFakeDriver({ clock: systemClock, log: SILENT }, new Map());
    return {
      ...fake,
      connect: async (info, options) => ({
        ...(await fake.connect(info as never, options)),
        serialConsole: { terminal_port: null, open: async () => line.open() },
      }),
    };
  }

  function screen(): Duplex {
    const came: Buffer[] = [];
    const stream = new Duplex({
      read() {},
      write(bytes: Buffer, _encoding, done) {
        came.push(bytes);
        done();
      },
    });
    stream.push('RFB 003.008\n');
    screens.push({ stream, came });
    return stream;
  }

  const ticket = async (body: JsonObject = {}, caller = P1): Promise<JsonObject> => {
    const path = `/v1/servers/${node.uuid}/consoles`;
    const made = await api.ask('POST', path, { type: 'serial', ...body }, caller);
    expect(made.status, JSON.stringify(made.body)).to.equal(201);
    return made.body;
  };

  function look(url: string, protocol = 'binary'): Seen {
    const socket = new WebSocket(url, [protocol]);
    sockets.push(socket);
    let said = '';
    socket.on('message', (data: Buffer) => {
      said += data.toString('latin1');
    });
    const ended = new Promise<{ code: number; why: string }>((resolve) => {
      socket.on('error', (error) => resolve({ code: 0, why: error.message }));
      socket.on('close', (code, why) => resolve({ code, why: why.toString() }));
    });
    return { socket, text: () => said, ended };
  }
  const opened = async (url: unknown): Promise<Seen> => {
    const seen = look(String(url));
    await once(seen.socket, 'open');
    return seen;
  };
  const shows = (seen: Seen, text: string) => eventually(() => expect(seen.text()).to.contain(text), 5000);

  it('leads who has a ticket to the serial port, and what they type to the server', async () => {
    const { url } = await ticket();
    const seen = await opened(url);
    expect(seen.socket.protocol).to.equal('binary');
    await eventually(() => expect(line.opened).to.equal(1), 5000);
    line.print('login: ');
    await shows(seen, 'login: ');
    seen.socket.send('root\r');
    await eventually(() => expect(line.typed).to.equal('root\r'), 5000);
    seen.socket.close();
    await eventually(() => expect(line.closed).to.equal(1), 5000);
    await eventually(async () => {
      const entries = await bench.store.audit.list({ node_uuid: node.uuid, limit: 10 });
      expect(entries.map(({ action }) => action)).to.deep.equal([
        ...['console-end', 'console-open', 'console-create'],
      ]);
      expect(JSON.stringify(entries)).not.to.contain('root');
    }, 5000);
  });

  it('opens once by a ticket, within a minute, and for nobody who has none', async () => {
    const refused = async (url: string) => {
      const { code, why } = await look(url).ended;
      expect(code).to.equal(0);
      expect(why).to.contain('401');
    };
    const { url } = await ticket();
    await opened(url);
    await refused(String(url));
    await refused(`${base}/console?ticket=${'a'.repeat(43)}`);
    await refused(`${base}/console`);
    const late = await ticket();
    await bench.store.consoles.update(String(late.uuid), { expires_at: (await bench.store.now()) - 1 });
    await refused(String(late.url));
    const taken = await ticket();
    await api.ask('DELETE', `/v1/servers/${node.uuid}/consoles/${String(taken.uuid)}`, undefined, P1);
    await refused(String(taken.url));
    const foreign = await ticket();
    await bench.store.nodes.update(node.uuid, { lessee: 'p2' });
    await refused(String(foreign.url));
    const stored = JSON.stringify(await bench.store.consoles.list({}));
    expect(stored).not.to.contain(new URL(String(url)).searchParams.get('ticket'));
  });

  it('opens for one of two who come with the same ticket at once', async () => {
    const url = String((await ticket()).url);
    const both = [look(url), look(url)];
    await eventually(() => {
      expect(both.filter(({ socket }) => socket.readyState === WebSocket.OPEN)).to.have.length(1);
      expect(both.filter(({ socket }) => socket.readyState === WebSocket.CLOSED)).to.have.length(1);
    }, 5000);
  });

  it('shows one serial port to several, with what was printed before, and lets only some type', async () => {
    const first = await opened((await ticket()).url);
    await eventually(() => expect(line.opened).to.equal(1), 5000);
    line.print('Linux 6.1\r\n');
    await shows(first, 'Linux');
    const reader = await ticket({}, READER);
    expect(reader.read_only).to.equal(true);
    const second = await opened(reader.url);
    await shows(second, 'Linux');
    second.socket.send('rm -rf /\r');
    first.socket.send('ls\r');
    await eventually(() => expect(line.typed).to.equal('ls\r'), 5000);
    line.print('bin boot\r\n');
    await Promise.all([shows(first, 'bin boot'), shows(second, 'bin boot')]);
    expect(line.opened).to.equal(1);
    first.socket.close();
    line.print('still here\r\n');
    await shows(second, 'still here');
    expect(line.closed).to.equal(0);
    const body = { type: 'serial', read_only: false };
    const wished = await api.ask('POST', `/v1/servers/${node.uuid}/consoles`, body, READER);
    expect(wished.status).to.equal(403);
  });

  it('closes within a second of being closed by request, and of the server being given back', async () => {
    const one = await ticket();
    const seen = await opened(one.url);
    let began = performance.now();
    await api.ask('DELETE', `/v1/servers/${node.uuid}/consoles/${String(one.uuid)}`, undefined, P1);
    expect(await seen.ended).to.deep.equal({ code: 4001, why: 'The console was closed.' });
    expect(performance.now() - began).to.be.below(1000);
    const other = await opened((await ticket()).url);
    began = performance.now();
    await bench.store.nodes.update(node.uuid, { lessee: 'p2' });
    expect((await other.ended).code).to.equal(4001);
    expect(performance.now() - began).to.be.below(1000);
    await eventually(() => expect(relay.open).to.equal(0), 5000);
    await eventually(() => expect(line.closed).to.equal(line.opened), 5000);
    const { body } = await api.ask('GET', `/v1/servers/${node.uuid}/consoles`);
    expect((body.consoles as JsonObject[]).map(({ state }) => state)).to.deep.equal(['closed', 'closed']);
  });

  it('says why the BMC gives none, and when it gives one no more', async () => {
    line.busy = true;
    expect(await (await opened((await ticket()).url)).ended).to.deep.equal({
      ...{ code: 4003, why: 'Somebody else has the serial port.' },
    });
    line.busy = false;
    const seen = await opened((await ticket()).url);
    await eventually(() => expect(line.opened).to.equal(1), 5000);
    line.end();
    expect((await seen.ended).code).to.equal(1000);
  });

  it('sends a break when it is asked to by a text message, and takes no other', async () => {
    const at = (url: unknown): Seen => look(String(url), 'kurogane.serial');
    const { socket, ended } = at((await ticket()).url);
    await once(socket, 'open');
    expect(socket.protocol).to.equal('kurogane.serial');
    socket.send('break');
    socket.send(Buffer.from('break'));
    await eventually(() => expect(line).to.include({ breaks: 1, typed: 'break' }), 5000);
    const reader = at((await ticket({}, READER)).url);
    await once(reader.socket, 'open');
    reader.socket.send('break');
    socket.send('brake');
    expect((await ended).code).to.equal(4005);
    expect(line.breaks).to.equal(1);
  });

  it('does not wait for a viewer who reads nothing, and holds up no other', async () => {
    const slow = await opened((await ticket()).url);
    const quick = await opened((await ticket()).url);
    await eventually(() => expect(line.opened).to.equal(1), 5000);
    slow.socket.pause();
    const lot = 'x'.repeat(64 * 1024);
    for (let n = 0; n < 400 && relay.open === 2; n++) {
      line.print(lot);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await eventually(() => expect(relay.open).to.equal(1), 5000);
    line.print('at its end');
    await shows(quick, 'at its end');
  });

  it('closes a console on which nothing happens', async () => {
    await close();
    await start(0.1);
    const seen = await opened((await ticket()).url);
    expect((await seen.ended).code).to.equal(4002);
  });

  it('leads to a screen, keys and all; who only looks sends none', async () => {
    const keys = Buffer.from([4, 1, 0, 0, 0, 0, 0, 0x41]);
    const wish = Buffer.from([3, 0, 0, 0, 0, 0, 2, 0, 1, 0x90]);
    const hello = Buffer.concat([Buffer.from('RFB 003.008\n'), Buffer.from([1]), Buffer.from([0])]);
    const typist = await opened((await ticket({ type: 'graphical' })).url);
    await shows(typist, 'RFB 003.008');
    typist.socket.send(Buffer.concat([hello, wish, keys]));
    await eventually(() => expect(Buffer.concat(screens[0]?.came ?? []).includes(keys)).to.equal(true), 5000);
    const looker = await opened((await ticket({ type: 'graphical' }, READER)).url);
    await shows(looker, 'RFB 003.008');
    const cut = Buffer.concat([Buffer.from([6, 0, 0, 0, 0, 0, 0, 5]), Buffer.from('paste')]);
    const all = Buffer.concat([hello, keys, wish, cut, Buffer.from([5, 1, 0, 1, 0, 1]), wish]);
    for (const byte of all) looker.socket.send(Uint8Array.of(byte));
    // Shared, so that who looks takes the screen from nobody.
    const passed = Buffer.concat([Buffer.from('RFB 003.008\n'), Buffer.from([1, 1]), wish, wish]);
    await eventually(() => {
      expect(Buffer.concat(screens[1]?.came ?? []).toString('hex')).to.equal(passed.toString('hex'));
    }, 5000);
    screens[1]?.stream.push('picture');
    await shows(looker, 'picture');
    looker.socket.send(Uint8Array.of(99));
    expect((await looker.ended).code).to.equal(4005);
    typist.socket.close();
    await eventually(() => expect(screens[0]?.stream.destroyed).to.equal(true), 5000);
  });

  it('shows a serial console in a terminal, until one types ~. at the start of a line', async () => {
    const seen = { said: false };
    async function* keys(): AsyncGenerator<Buffer> {
      await eventually(() => expect(line.opened).to.equal(1), 5000);
      line.print('login: ');
      yield Buffer.from('root~.x\r');
      await eventually(() => expect(line.typed).to.equal('root~.x\r'), 5000);
      yield Buffer.from('~Bx\r');
      await eventually(() => expect(line).to.include({ breaks: 1, typed: 'root~.x\rx\r' }), 5000);
      seen.said = true;
      yield Buffer.from('~');
      yield Buffer.from('.');
      // The terminal stays; it is not asked any more.
      await new Promise<void>(() => {});
    }
    const env = { OS_AUTH_TYPE: 'none', OS_ENDPOINT: api.url };
    const { code, stdout, stderr } = await runClient(['console', 'open', node.uuid], env, { input: keys() });
    expect([code, stdout], stderr).to.deep.equal([0, 'login: ']);
    expect(stderr).to.contain('~.');
    expect(seen.said).to.equal(true);
    line.busy = true;
    const refused = await runClient(['console', 'open', node.uuid], env);
    expect(refused.code).to.equal(8);
    expect(refused.stderr).to.contain('Somebody else has the serial port.').and.not.contain('ticket');
    const screen = await runClient(['console', 'open', node.uuid, '--type', 'graphical'], env);
    expect(screen.stdout).to.contain(`${base}/console?ticket=`);
  });

  it('S107 gives no ticket to others, and none for a server that the customer may not use', async () => {
    const path = `/v1/servers/${node.uuid}/consoles`;
    expect((await api.ask('POST', path, { type: 'serial' }, P2)).status).to.equal(404);
    await bench.store.servers.update(node.uuid, { maintenance_side: 'provider' });
    const barred = await api.ask('POST', path, { type: 'serial' }, P1);
    expect(barred.status).to.equal(409);
    expect(JSON.stringify(barred.body)).to.contain('provider');
    expect((await api.ask('POST', path, { type: 'serial' })).status).to.equal(201);
  });
});
