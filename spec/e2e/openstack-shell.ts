import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { run } from '../services/process.ts';

/** What one command printed. */
export interface CommandResult {
  stdout: string;
  stderr: string;
}

/** The environment of the stock client. */
export interface OpenstackAccount {
  auth_url: string;
  username: string;
  password: string;
  /** Absent: a token of system scope. */
  project_name?: string;
}

/**
 * The stock `openstack` client in its batch mode: one process takes many commands, because each start costs seconds.
 * Disposing it ends the process.
 */
export interface OpenstackShell extends AsyncDisposable {
  /** Runs one command, as typed behind `openstack`; rejects when it printed an error. */
  do(command: string): Promise<string>;
  /** Runs one command with `-f json` and parses what it printed. */
  json<T = Record<string, unknown>>(command: string): Promise<T>;
  /** Runs one command that must fail; resolves with its error text. */
  fails(command: string): Promise<string>;
}

const MARK = 'kurogane-end-of-command';
const COMMAND_TIMEOUT_MS = 75_000;

/** An API that wants no login. */
export interface OpenApi {
  endpoint: string;
}

const PLAIN: NodeJS.ProcessEnv = {
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  HOME: '/nonexistent',
  LANG: 'C.UTF-8',
  PYTHONUNBUFFERED: '1',
};

export function openstackEnvironment(account: OpenstackAccount | OpenApi): NodeJS.ProcessEnv {
  if ('endpoint' in account) return { ...PLAIN, OS_AUTH_TYPE: 'none', OS_ENDPOINT: account.endpoint };
  return {
    ...PLAIN,
    OS_AUTH_TYPE: 'password',
    OS_AUTH_URL: account.auth_url,
    OS_IDENTITY_API_VERSION: '3',
    OS_USERNAME: account.username,
    OS_PASSWORD: account.password,
    OS_USER_DOMAIN_NAME: 'Default',
    ...(account.project_name === undefined
      ? { OS_SYSTEM_SCOPE: 'all' }
      : { OS_PROJECT_NAME: account.project_name, OS_PROJECT_DOMAIN_NAME: 'Default' }),
  };
}

/** Runs the client once, for what needs its exit code. */
export async function openstackOnce(account: OpenstackAccount, args: readonly string[]) {
  return await run({
    command: 'openstack',
    args,
    env: openstackEnvironment(account),
    timeout_ms: COMMAND_TIMEOUT_MS,
  });
}

export async function startOpenstackShell(account: OpenstackAccount | OpenApi): Promise<OpenstackShell> {
  const child = spawn('openstack', [], {
    env: openstackEnvironment(account),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  await once(child, 'spawn');
  const ended = once(child, 'close');
  const output = { stdout: '', stderr: '' };
  let look: () => void = () => undefined;
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      output[name] += chunk;
      look();
    });
  child.on('close', () => look());
  child.stdin.on('error', () => undefined);

  async function execute(command: string): Promise<CommandResult> {
    output.stdout = '';
    output.stderr = '';
    child.stdin.write(`${command}\n!sh -c 'echo ${MARK} && echo ${MARK} >&2'\n`);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => fail('took too long'), COMMAND_TIMEOUT_MS);
      const fail = (why: string) => {
        clearTimeout(timer);
        look = () => undefined;
        reject(new Error(`openstack ${command}: ${why}\n${output.stdout}${output.stderr}`));
      };
      look = () => {
        if (output.stdout.includes(MARK) && output.stderr.includes(MARK)) {
          clearTimeout(timer);
          look = () => undefined;
          resolve();
        } else if (child.exitCode !== null) fail(`the client ended with ${child.exitCode}`);
      };
      look();
    });
    return { stdout: beforeMark(output.stdout), stderr: beforeMark(output.stderr) };
  }

  async function succeed(command: string): Promise<string> {
    const { stdout, stderr } = await execute(command);
    if (stderr !== '') throw new Error(`openstack ${command} failed: ${stderr}${stdout}`);
    return stdout;
  }

  return {
    do: succeed,
    async json<T>(command: string) {
      const stdout = await succeed(`${command} -f json`);
      try {
        return JSON.parse(stdout) as T;
      } catch {
        throw new Error(`openstack ${command} printed no JSON: ${stdout}`);
      }
    },
    async fails(command) {
      const { stdout, stderr } = await execute(command);
      if (stderr === '') throw new Error(`openstack ${command} was to fail but printed: ${stdout}`);
      return stderr;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end('quit\n');
      const overdue = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await ended;
      clearTimeout(overdue);
    },
  };
}

/**
 * An argument with spaces or quotes. Twice, because the client's batch mode takes a command apart, joins its words with
 * spaces and takes them apart again.
 */
export function quoted(text: string): string {
  const once_quoted = (word: string) => `'${word.replaceAll("'", `'"'"'`)}'`;
  return once_quoted(once_quoted(text));
}

function beforeMark(text: string): string {
  return text.slice(0, text.indexOf(MARK)).trim();
}
