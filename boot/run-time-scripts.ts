import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { ObjectStore } from '../net/object-store.ts';

/** Where the scripts lie that servers fetch when they boot. */
export interface ScriptSource {
  /** As people write it: a folder, or `s3://bucket/prefix`. */
  where: string;
  /** The script as it is now; null: there is none. */
  read(name: string): Promise<Buffer | null>;
}

/** One version of a script. Every server that boots at that time gets the same. */
export interface ScriptVersion {
  bytes: Buffer;
  /** Hexadecimal. */
  sha256: string;
}

export interface RunTimeScripts {
  readonly where: string;
  /** The version of now. While its source is away: the last one that was read. null: there is none. @throws Error */
  current(name: string): Promise<ScriptVersion | null>;
  /** A version that a server was told of; null: it is not known here any more. @throws Error */
  version(name: string, sha256: string): Promise<ScriptVersion | null>;
}

export interface ScriptLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

export const SCRIPT_BYTES = 256 * 1024;
const NAME = '[A-Za-z0-9][A-Za-z0-9._-]{0,63}';
const PATH = new RegExp(`^/scripts/(?:([0-9a-f]{64})/)?(${NAME})$`);
/** Earlier versions that are kept, for servers that were told of them just before the change. */
const KEPT = 16;

/** The path of one version. A server that was told of it gets it or nothing, whatever was changed meanwhile. */
export const scriptPath = (name: string, sha256: string): string => `/scripts/${sha256}/${name}`;

export function folderOf(folder: string): ScriptSource {
  return {
    where: folder,
    async read(name) {
      try {
        const path = join(folder, name);
        const about = await stat(path);
        if (!about.isFile()) return null;
        if (about.size > SCRIPT_BYTES) throw new Error(`${path} has more than ${SCRIPT_BYTES} bytes.`);
        return await readFile(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw error;
      }
    },
  };
}

/** @param prefix what keys begin with, without a slash at the end; '': nothing. */
export function bucketOf(store: ObjectStore, bucket: string, prefix: string): ScriptSource {
  return {
    where: `s3://${[bucket, prefix].filter(Boolean).join('/')}`,
    read: (name) => store.get([prefix, name].filter(Boolean).join('/')),
  };
}

/** Reads scripts each time that somebody asks, at the same time once. A new version is named in the log, with its hash. */
export function createRunTimeScripts(source: ScriptSource, log: ScriptLog): RunTimeScripts {
  /** The oldest first. */
  const known = new Map<string, ScriptVersion>();
  const latest = new Map<string, ScriptVersion>();
  const reading = new Map<string, Promise<ScriptVersion | null>>();

  function keep(name: string, bytes: Buffer): ScriptVersion {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const before = latest.get(name);
    if (before?.sha256 === sha256) return before;
    const script = { bytes, sha256 };
    latest.set(name, script);
    known.set(scriptPath(name, sha256), script);
    if (known.size > KEPT) known.delete(known.keys().next().value ?? '');
    log.info({ script: name, sha256, before: before?.sha256 ?? null }, 'A version of a boot script.');
    return script;
  }

  async function read(name: string): Promise<ScriptVersion | null> {
    try {
      const bytes = await source.read(name);
      if (bytes !== null) return keep(name, bytes);
      latest.delete(name);
      return null;
    } catch (error) {
      const before = latest.get(name);
      if (before === undefined) throw error;
      log.warn(
        { script: name, sha256: before.sha256, err: error },
        'A boot script cannot be read: the last one counts.',
      );
      return before;
    }
  }

  const current = (name: string): Promise<ScriptVersion | null> => {
    const found = reading.get(name) ?? read(name).finally(() => reading.delete(name));
    reading.set(name, found);
    return found;
  };
  return {
    where: source.where,
    current,
    async version(name, sha256) {
      const found = known.get(scriptPath(name, sha256)) ?? (await current(name));
      return found?.sha256 === sha256 ? found : null;
    },
  };
}

/**
 * Answers GET and HEAD of `/scripts/{sha256}/{name}` and of `/scripts/{name}`, which is the version of now.
 * @returns false when the path is none of these. @throws Error when the script cannot be read
 */
export async function sendRunTimeScript(
  scripts: RunTimeScripts,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const [, sha256, name] = PATH.exec(path) ?? [];
  if (name === undefined) return false;
  const found = await (sha256 === undefined ? scripts.current(name) : scripts.version(name, sha256));
  if (found === null) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('No such script.\n');
    return true;
  }
  response.writeHead(200, {
    ...{ 'content-type': 'text/plain; charset=utf-8', 'content-length': found.bytes.length },
    ...{ 'cache-control': 'no-store', etag: `"${found.sha256}"` },
  });
  response.end(request.method === 'HEAD' ? undefined : found.bytes);
  return true;
}
