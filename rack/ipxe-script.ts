/**
 * Enough of iPXE to follow a boot service's scripts: settings, labels, chains, images, and how `&&` and `||` join
 * commands (iPXE: core/exec.c, image/script.c). What it cannot do fails, as an unknown command does there.
 */

/** What the firmware lends to iPXE. */
export interface IpxeHost {
  /** `uuid`, `net0/mac`, `platform` …, as in `${uuid}`. */
  settings: Readonly<Record<string, string>>;
  /** Downloads a script; null = it could not be had. */
  script(url: string): Promise<string | null>;
  /** Downloads a kernel or ramdisk and says whether it could be had. */
  image(url: string): Promise<boolean>;
  sleep(ms: number): Promise<void>;
}

export type IpxeOutcome =
  | { end: 'kernel'; kernel: string; initrds: readonly string[]; args: string }
  | { end: 'san'; target: string }
  | { end: 'exit' }
  | { end: 'reboot' }
  | { end: 'poweroff' }
  | { end: 'failed'; why: string };

/** A script that asks for ever is given up after so many commands and downloads. */
export interface IpxeLimits {
  commands: number;
  downloads: number;
}

export const DEFAULT_LIMITS: IpxeLimits = { commands: 5000, downloads: 100 };

/** Downloads the script at `url` and follows it to its end. Never throws for what a script does. */
export async function runIpxe(
  url: string,
  host: IpxeHost,
  limits: IpxeLimits = DEFAULT_LIMITS,
): Promise<IpxeOutcome> {
  const run: Run = {
    host,
    left: { ...limits },
    settings: new Map(Object.entries(host.settings)),
    kernel: null,
    initrds: [],
    why: '',
  };
  try {
    const script = await load(run, url, 0);
    const effect = script === null ? { ok: false } : await runScript(run, script);
    return effect.outcome ?? (effect.ok ? { end: 'exit' } : { end: 'failed', why: run.why });
  } catch (error) {
    if (error instanceof GaveUp) return { end: 'failed', why: `${error.message} ${run.why}`.trim() };
    throw error;
  }
}

interface Run {
  host: IpxeHost;
  left: IpxeLimits;
  settings: Map<string, string>;
  kernel: { url: string; args: string } | null;
  initrds: string[];
  /** The last thing that went wrong. */
  why: string;
}

class GaveUp extends Error {}

interface Script {
  url: string;
  lines: readonly string[];
  at: number;
  depth: number;
}

/** What a command did: whether it succeeded, and whether the script (`stop`) or all of iPXE (`outcome`) is over. */
interface Effect {
  ok: boolean;
  stop?: true;
  outcome?: IpxeOutcome;
}

const MAX_DEPTH = 16;

async function load(run: Run, url: string, depth: number): Promise<Script | null> {
  if (depth > MAX_DEPTH) throw new GaveUp('The scripts chain too deeply.');
  spend(run, 'downloads');
  const text = await run.host.script(url);
  if (text?.startsWith('#!ipxe') === true) return { url, lines: text.split(/\r?\n/), at: 0, depth };
  run.why = text === null ? `${url} could not be downloaded.` : `${url} is no iPXE script.`;
  return null;
}

async function runScript(run: Run, script: Script): Promise<Effect> {
  while (script.at < script.lines.length) {
    const line = (script.lines[script.at] ?? '').trim();
    script.at += 1;
    if (line === '' || line.startsWith('#') || line.startsWith(':')) continue;
    const effect = await runLine(run, script, line.split(/\s+/));
    if (effect.outcome !== undefined || effect.stop === true || !effect.ok) return effect;
  }
  return { ok: true };
}

/** `a && b || c`: each command runs when the one before it succeeded, or failed, as the word between them says. */
async function runLine(run: Run, script: Script, words: readonly string[]): Promise<Effect> {
  let effect: Effect = { ok: true };
  let due = true;
  for (let start = 0; start <= words.length; ) {
    let end = start;
    while (end < words.length && words[end] !== '&&' && words[end] !== '||') end += 1;
    if (due) {
      spend(run, 'commands');
      const [name = '', ...args] = words
        .slice(start, end)
        .map((word) => expand(run, word))
        .filter((w) => w !== '');
      const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
      effect =
        command === undefined
          ? fault(run, `"${name}": command not found.`)
          : await command(run, args, script);
      if (effect.outcome !== undefined || effect.stop === true) return effect;
    }
    if (end >= words.length) break;
    due = words[end] === '&&' ? effect.ok : !effect.ok;
    start = end + 1;
  }
  return effect;
}

type Command = (run: Run, args: readonly string[], script: Script) => Promise<Effect> | Effect;

const DONE: Effect = { ok: true };
const nothing: Command = () => DONE;

const COMMANDS: Readonly<Record<string, Command>> = {
  echo: nothing,
  imgfree: nothing,
  dhcp: nothing,
  ifopen: nothing,
  ifconf: nothing,
  prompt: nothing,
  set: (run, [name = '', ...value]) => {
    run.settings.set(name, value.join(' '));
    return DONE;
  },
  clear: (run, [name = '']) => {
    run.settings.delete(name);
    return DONE;
  },
  isset: (_run, [value]) => ({ ok: value !== undefined }),
  iseq: (_run, [a, b]) => ({ ok: a === b }),
  goto: (run, [label], script) => {
    const at = script.lines.findIndex((line) => line.trim() === `:${label}`);
    if (at < 0) return fault(run, `No such label: ${label}.`);
    script.at = at + 1;
    return DONE;
  },
  sleep: async (run, [seconds]) => {
    await run.host.sleep((Number(seconds) || 0) * 1000);
    return DONE;
  },
  chain: async (run, args, script) => {
    const { flags, rest } = options(args);
    const next = await load(run, resolve(rest[0], script), script.depth + 1);
    if (next === null) return { ok: false };
    const { ok, outcome } = await runScript(run, next);
    // A script that was replaced does not go on when the other one ends.
    const stop = flags.has('--replace') ? ({ stop: true } as const) : {};
    return { ok, ...stop, ...(outcome === undefined ? {} : { outcome }) };
  },
  kernel: async (run, args, script) => {
    const [file, ...line] = options(args).rest;
    const url = resolve(file, script);
    if (!(await download(run, url))) return fault(run, `${url} could not be downloaded.`);
    run.kernel = { url, args: line.join(' ') };
    return DONE;
  },
  initrd: async (run, args, script) => {
    const url = resolve(options(args).rest[0], script);
    if (!(await download(run, url))) return fault(run, `${url} could not be downloaded.`);
    run.initrds.push(url);
    return DONE;
  },
  boot: (run) =>
    run.kernel === null
      ? fault(run, 'There is no kernel to boot.')
      : {
          ok: true,
          outcome: {
            end: 'kernel',
            kernel: run.kernel.url,
            initrds: [...run.initrds],
            args: run.kernel.args,
          },
        },
  sanboot: (_run, args) => {
    const { values, rest } = options(args);
    return { ok: true, outcome: { end: 'san', target: rest[0] ?? values.get('--drive') ?? '0x80' } };
  },
  exit: (_run, [status]) => ({ ok: status === undefined || status === '0', stop: true }),
  reboot: () => ({ ok: true, outcome: { end: 'reboot' } }),
  poweroff: () => ({ ok: true, outcome: { end: 'poweroff' } }),
};

const LONG: Readonly<Record<string, string>> = {
  '-n': '--name',
  '-t': '--timeout',
  '-d': '--drive',
  '-r': '--replace',
};
const WITH_VALUE: ReadonlySet<string> = new Set(['--name', '--timeout', '--drive']);

/** Options come before the first argument that is none. */
function options(args: readonly string[]): {
  flags: Set<string>;
  values: Map<string, string>;
  rest: string[];
} {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  let i = 0;
  for (; args[i]?.startsWith('-') === true; i += 1) {
    const name = LONG[args[i] ?? ''] ?? args[i] ?? '';
    if (!WITH_VALUE.has(name)) flags.add(name);
    else {
      i += 1;
      values.set(name, args[i] ?? '');
    }
  }
  return { flags, values, rest: args.slice(i) };
}

/** `${name}` and `${name:type}`; of the types only those that change how an address is written do anything. */
function expand(run: Run, word: string): string {
  return word.replace(/\$\{([^}:]*)(?::([^}]*))?\}/g, (_all, name: string, type: string | undefined) => {
    const value = run.settings.get(name) ?? '';
    if (type === 'hexhyp') return value.replaceAll(':', '-');
    if (type === 'hexraw') return value.replaceAll(':', '');
    return type === 'uristring' ? encodeURIComponent(value) : value;
  });
}

function resolve(target: string | undefined, script: Script): string {
  return URL.canParse(target ?? '', script.url) ? new URL(target ?? '', script.url).href : (target ?? '');
}

async function download(run: Run, url: string): Promise<boolean> {
  spend(run, 'downloads');
  return await run.host.image(url);
}

function spend(run: Run, what: keyof IpxeLimits): void {
  run.left[what] -= 1;
  if (run.left[what] < 0) throw new GaveUp(`The script was given up after too many ${what}.`);
}

function fault(run: Run, why: string): Effect {
  run.why = why;
  return { ok: false };
}
