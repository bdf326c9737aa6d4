import { AssertionError } from 'node:assert';
import { isIP, type Socket } from 'node:net';
import { Agent, buildConnector, Client, Pool, ProxyAgent, setGlobalDispatcher } from 'undici';

/** As for an agent of undici, with what its connections are made with. */
export interface HttpAgentOptions extends Omit<Agent.Options, 'connect'> {
  connect?: buildConnector.BuildOptions;
}

const [FIRST_LOOK_MS, LONGEST_LOOK_MS] = [5, 500];

/** Connections for `fetch` and `request`, whose other ends may be hostile. */
export function httpAgent({ connect, ...options }: HttpAgentOptions = {}): Agent {
  return new Agent({ ...options, connect: patientConnector(buildConnector({ ...connect, ...HALF_OPEN })) });
}

/** The same through the proxy of an http or https URL. */
export function httpProxyAgent(proxy: string): ProxyAgent {
  const patientPool = (origin: string | URL, options: object): Pool => {
    const { connect } = options as { connect: buildConnector.connector };
    return new Pool(origin, { ...options, connect: patientConnector(connect) });
  };
  return new ProxyAgent({
    uri: proxy,
    proxyTls: HALF_OPEN,
    requestTls: HALF_OPEN,
    factory: patientPool,
    clientFactory: (origin, options) => {
      const { connect } = options as { connect: buildConnector.connector };
      // An address is no name for TLS: RFC 6066, section 3.
      const unnamed: buildConnector.connector = (to, done) => {
        const host = (to.servername ?? '').replace(/^\[|\]$/g, '');
        connect(isIP(host) === 0 ? to : { ...to, servername: '' }, done);
      };
      return new Client(origin, { ...options, connect: unnamed });
    },
  });
}

/** A connection that ended stays as long as something of it is to be read. */
const HALF_OPEN = { allowHalfOpen: true } as buildConnector.BuildOptions;

function patientConnector(open: buildConnector.connector): buildConnector.connector {
  return (to, done) =>
    open(to, (...made) => {
      const [error, socket] = made;
      if (error === null) endsWhenRead(socket);
      done(...made);
    });
}

/** For every `fetch` of the process that names no agent. */
export function fetchSafely(): void {
  setGlobalDispatcher(httpAgent());
}

/**
 * A server that closes the connection before its answer was read would end the process: undici 6 and 7, and the one within Node 20, throw an
 * error then that nobody can catch (github.com/nodejs/undici/issues/5360; mended in 8, which Node 20 cannot run). Undici is told of the end
 * again until it takes it.
 */
function endsWhenRead(socket: Socket): void {
  const on = socket.on.bind(socket) as (name: string, listener: () => void) => Socket;
  const patiently = (name: string, listener: () => void): Socket =>
    on(name, name === 'end' ? patient(socket, listener) : listener);
  socket.on = patiently as Socket['on'];
}

function patient(socket: Socket, listener: () => void): () => void {
  let wait_ms = FIRST_LOOK_MS;
  const end = (): void => {
    if (socket.destroyed) return;
    try {
      listener.call(socket);
      socket.end();
    } catch (error) {
      if (!(error instanceof AssertionError)) throw error;
      setTimeout(end, wait_ms).unref();
      wait_ms = Math.min(2 * wait_ms, LONGEST_LOOK_MS);
    }
  };
  return end;
}
