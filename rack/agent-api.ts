import { randomUUID, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Json, JsonObject } from '../lifecycle/json.ts';
import { type CommandContext, findCommand, pretendFault } from './agent-commands.ts';
import { AgentError } from './agent-error.ts';
import { isObject } from './agent-image.ts';
import type { Certificate } from './certificate.ts';

/** Config drives come in the body. */
const MAX_BODY_BYTES = 100 * 1024 * 1024;
const KEPT_RESULTS = 200;

interface CommandResult {
  id: string;
  command_name: string;
  command_params: JsonObject;
  command_status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'VERSION_MISMATCH';
  command_error: JsonObject | null;
  command_result: Json;
}

/** The agent's own API, which the service sends commands to (ironic_python_agent/api/app.py). */
export class AgentApi implements AsyncDisposable {
  readonly #server: Server;
  readonly #context: CommandContext;
  readonly #version: string;
  readonly #started_at: number;
  readonly #token: () => string | null;
  readonly #commandEnded: () => void;
  readonly #results = new Map<string, { result: CommandResult; end: Promise<void> }>();
  #last: CommandResult | null = null;
  #last_end: Promise<void> = Promise.resolve();

  /**
   * @param options.token the token that callers must show; null while there is none: all are refused.
   * @param options.commandEnded called after each asynchronous command.
   */
  constructor(
    context: CommandContext,
    options: {
      certificate: Certificate;
      version: string;
      token: () => string | null;
      commandEnded: () => void;
    },
  ) {
    this.#context = context;
    this.#version = options.version;
    this.#token = options.token;
    this.#commandEnded = options.commandEnded;
    this.#started_at = context.host.clock.now() / 1000;
    this.#server = createServer(
      { key: options.certificate.key, cert: options.certificate.cert },
      (request, response) => {
        this.#answer(request, response).catch((error: unknown) => sendError(response, error));
      },
    );
  }

  /** Starts listening on any free port. @returns the base URL. */
  async listen(address: string): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host: address, port: 0 }, resolve);
    });
    return `https://${address}:${(this.#server.address() as AddressInfo).port}`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'https://agent');
    const [, id] = /^\/v1\/commands\/([^/]*)$/.exec(url.pathname) ?? [];
    const wait = url.searchParams.get('wait')?.toLowerCase() === 'true';
    if (request.method === 'GET' && (url.pathname === '/' || url.pathname === '/v1/'))
      return send(response, 200, documentOf(url.pathname));
    if (request.method === 'GET' && url.pathname === '/v1/status')
      return send(response, 200, { started_at: this.#started_at, version: this.#version });
    if (id === undefined)
      return send(response, 404, fault(404, '404 Not Found: The requested URL was not found.'));
    if (!this.#isToken(url.searchParams.get('agent_token')))
      return send(response, 401, fault(401, '401 Unauthorized: Token invalid.'));
    if (request.method === 'GET' && id === '')
      return send(response, 200, { commands: [...this.#results.values()].map(({ result }) => view(result)) });
    if (request.method === 'GET') {
      const found = this.#results.get(id);
      if (found === undefined)
        throw new AgentError('RequestedObjectNotFoundError', `Command Result with id ${id} not found.`);
      if (wait) await found.end;
      return send(response, 200, view(found.result));
    }
    if (request.method !== 'POST' || id !== '')
      return send(response, 405, fault(405, '405 Method Not Allowed'));
    await this.#run(await readBody(request), wait, response);
  }

  async #run(body: unknown, wait: boolean, response: ServerResponse): Promise<void> {
    if (!isObject(body) || typeof body.name !== 'string' || !isObject(body.params))
      return send(response, 400, fault(400, '400 Bad Request: Missing or invalid name or params'));
    const { name, params } = body;
    if (this.#last?.command_status === 'RUNNING')
      throw new AgentError('AgentIsBusy', `executing command ${this.#last.command_name}`);
    const command = findCommand(name);
    command.check?.(params);
    const result: CommandResult = {
      id: randomUUID(),
      command_name: name.slice(name.indexOf('.') + 1),
      command_params: params,
      command_status: 'RUNNING',
      command_error: null,
      command_result: null,
    };
    this.#context.host.note('agent command', name);
    const end = this.#execute(name, result, command.run, command.kind === 'async');
    this.#keep(result, end);
    if (wait || command.kind === 'sync') await end;
    const { after } = command;
    if (after !== undefined) response.once('finish', () => after(this.#context, params));
    send(response, 200, view(result));
  }

  #keep(result: CommandResult, end: Promise<void>): void {
    this.#last = result;
    this.#last_end = end;
    this.#results.set(result.id, { result, end });
    const oldest = this.#results.keys().next();
    if (this.#results.size > KEPT_RESULTS && oldest.done === false) this.#results.delete(oldest.value);
  }

  /** Never rejects: what goes wrong is the result. */
  async #execute(
    name: string,
    result: CommandResult,
    run: (context: CommandContext, params: JsonObject) => Promise<Json>,
    is_async: boolean,
  ): Promise<void> {
    try {
      await pretendFault(this.#context, name);
      const value = await run(this.#context, result.command_params);
      result.command_result =
        typeof value === 'string' ? { result: `${result.command_name}: ${value}` } : value;
      result.command_status = 'SUCCEEDED';
    } catch (error) {
      const known =
        error instanceof AgentError ? error : new AgentError('CommandExecutionError', messageOf(error));
      result.command_error = errorView(known);
      result.command_status = known.type === 'VersionMismatch' ? 'VERSION_MISMATCH' : 'FAILED';
      this.#context.host.note('agent command failed', `${name}: ${known.message}`);
    }
    if (is_async) this.#commandEnded();
  }

  #isToken(shown: string | null): boolean {
    const token = this.#token();
    if (token === null || shown === null) return false;
    const [a, b] = [Buffer.from(shown), Buffer.from(token)];
    return a.length === b.length && timingSafeEqual(a, b);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
    await this.#last_end;
  }
}

function view(result: CommandResult): JsonObject {
  return { ...result };
}

function errorView(error: AgentError): JsonObject {
  return { type: error.type, code: error.code, message: error.title, details: error.message };
}

function documentOf(path: string): JsonObject {
  const v1 = {
    id: 'v1',
    links: [
      { href: '/v1', rel: 'self' },
      { href: 'https://docs.openstack.org/ironic-python-agent', rel: 'describedby', type: 'text/html' },
    ],
  };
  if (path === '/v1/')
    return {
      ...v1,
      commands: [
        { href: '/v1/commands', rel: 'self' },
        { href: '/commands', rel: 'bookmark' },
      ],
      status: [
        { href: '/v1/status', rel: 'self' },
        { href: '/status', rel: 'bookmark' },
      ],
      media_types: [
        { base: 'application/json', type: 'application/vnd.openstack.ironic-python-agent.v1+json' },
      ],
    };
  return { name: 'OpenStack Ironic Python Agent API', versions: [v1], default_version: v1 };
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) throw new AgentError('InvalidCommandParamsError', 'The body is too large.');
    chunks.push(chunk as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, status: number, body: JsonObject): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const code = error instanceof AgentError ? error.code : 500;
  const text = error instanceof AgentError ? `${error.title}: ${error.message}` : messageOf(error);
  send(response, code, fault(code, text));
}

function fault(status: number, text: string): JsonObject {
  return { faultcode: status >= 500 ? 'Server' : 'Client', faultstring: text };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
