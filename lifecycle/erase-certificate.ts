import {
  ERASE_METHODS,
  type EraseMethod,
  isEraseMethod,
  type SanitizationCategory,
} from './erase-methods.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import type { HistoryRecord, Stored } from './records.ts';

/** What an agent found when it read an erased disk back. Times are ISO 8601, UTC. */
export interface ErasedDisk {
  name: string;
  model: string;
  serial: string;
  size_bytes: number;
  method: EraseMethod;
  /** Program and version that erased it. */
  tool: string;
  erased_from: string;
  erased_until: string;
  /** Blocks that were read back, evenly spread and at random, and bytes of each. */
  samples: number;
  sample_bytes: number;
}

/** Why an erasure is not proved; for the operator. */
export class ErasureDoubt extends Error {}

/** Fewer samples prove nothing about a disk. */
const LEAST_SAMPLES = 64;
const MOST_DISKS = 1024;
/** ISO 8601, UTC. */
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/;

/**
 * Reads the result of the agent's step `deploy.verify_erasure`: `{disks: [{name, model, serial, size_bytes, method, tool,
 * erased_from, erased_until, samples, sample_bytes, dirty: [offset]}]}`.
 * @throws ErasureDoubt when a disk still holds something, was not erased, or is not told of completely.
 */
export function readErasure(result: Json): ErasedDisk[] {
  const disks = isObject(result) ? result.disks : undefined;
  if (!Array.isArray(disks) || disks.length === 0 || disks.length > MOST_DISKS)
    throw new ErasureDoubt('The agent told of no disk that it read back after the erasure.');
  return disks.map((disk) => readDisk(isObject(disk) ? disk : {}));
}

function readDisk(disk: JsonObject): ErasedDisk {
  const name = text(disk, 'name', '?');
  const { dirty, method } = disk;
  if (!isEraseMethod(method))
    throw new ErasureDoubt(
      `Disk ${name} was not erased since the ramdisk booted, or by a way that is not known (${JSON.stringify(method ?? null)}). Clean the node again.`,
    );
  if (!Array.isArray(dirty))
    throw new ErasureDoubt(`The agent does not say what it read back from disk ${name}.`);
  if (dirty.length > 0)
    throw new ErasureDoubt(
      `Disk ${name} (serial ${text(disk, 'serial', '?')}) still holds data after ${ERASE_METHODS[method].command}, at byte ${String(dirty[0])}. Take it out and destroy it.`,
    );
  const samples = count(disk, 'samples', name);
  if (samples < LEAST_SAMPLES)
    throw new ErasureDoubt(
      `Only ${samples} blocks of disk ${name} were read back; ${LEAST_SAMPLES} are the least.`,
    );
  return {
    ...{ name, method, samples, sample_bytes: count(disk, 'sample_bytes', name) },
    ...{
      model: text(disk, 'model', name),
      serial: text(disk, 'serial', name),
      tool: text(disk, 'tool', name),
    },
    size_bytes: count(disk, 'size_bytes', name),
    ...{ erased_from: time(disk, 'erased_from', name), erased_until: time(disk, 'erased_until', name) },
  };
}

function text(disk: JsonObject, field: string, name: string): string {
  const value = disk[field];
  if (typeof value === 'string' && value.length <= 255) return value;
  if (name === '?') return '?';
  throw new ErasureDoubt(`The agent does not tell ${field} of disk ${name}.`);
}

function count(disk: JsonObject, field: string, name: string): number {
  const value = disk[field];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw new ErasureDoubt(`The agent does not tell ${field} of disk ${name}.`);
}

function time(disk: JsonObject, field: string, name: string): string {
  const value = text(disk, field, name);
  if (ISO_TIME.test(value)) return value;
  throw new ErasureDoubt(`The agent does not tell ${field} of disk ${name}.`);
}

/** What a certificate is made from besides the disks. */
export interface CertificateFacts {
  uuid: string;
  /** ISO 8601, UTC. */
  issued_at: string;
  server: {
    uuid: string;
    name: string | null;
    serial_number: string | null;
    manufacturer: string | null;
    product_name: string | null;
  };
  /** Who asked for the erasure, and the conductor that saw to it. */
  operator: { user: string | null; project: string | null; request_id: string | null; conductor: string };
  /** The project that had the server until then. */
  custodian: string | null;
  /** What happened to the node until then, oldest first. */
  custody: readonly CustodyEntry[];
}

/** One link of the chain of custody. */
export interface CustodyEntry extends Pick<HistoryRecord, 'event' | 'user' | 'project' | 'state'> {
  /** ISO 8601, UTC. */
  at: string;
}

/** Entries of the chain of custody: the newest ones. */
const MOST_CUSTODY = 50;

/** The document that is signed. Its form is described in docs/erasure.md. */
export function certificateDocument(facts: CertificateFacts, disks: readonly ErasedDisk[]): JsonObject {
  return {
    type: 'kurogane erase certificate',
    version: 1,
    uuid: facts.uuid,
    issued_at: facts.issued_at,
    server: facts.server,
    custodian: facts.custodian,
    operator: facts.operator,
    category: weakest(disks),
    disks: disks.map(({ samples, sample_bytes, method, ...disk }) => ({
      ...disk,
      method,
      command: ERASE_METHODS[method].command,
      category: ERASE_METHODS[method].category,
      coverage: 'whole device',
      read_back: { samples, sample_bytes, found: 0 },
    })),
    custody: facts.custody.slice(-MOST_CUSTODY).map(({ at, event, user, project, state }) => ({
      at,
      event: event.slice(0, 255),
      user,
      project,
      state,
    })),
  };
}

/** A server is purged only when all its disks are. */
function weakest(disks: readonly ErasedDisk[]): SanitizationCategory {
  return disks.every(({ method }) => ERASE_METHODS[method].category === 'purge') ? 'purge' : 'clear';
}

/** A certificate as it is kept: never changed, and longer than its node. */
export interface EraseCertificateRecord extends Stored {
  uuid: string;
  node_uuid: string;
  /** The work that erased: it is certified once. */
  job_uuid: string;
  /** The project that had the server until then; its members may see the certificate. */
  custodian: string | null;
  serial_number: string | null;
  /** Canonical JSON, byte for byte what was signed. */
  document: string;
  /** Ed25519 (RFC 8032) over the document's UTF-8, base64. */
  signature: string;
  /** SHA-256 of the public key's SubjectPublicKeyInfo, hexadecimal, its first 16 digits. */
  key_id: string;
  /** PEM. */
  public_key: string;
}
