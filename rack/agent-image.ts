import { createHash, getHashes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { Json, JsonObject } from '../lifecycle/json.ts';
import { AgentError } from './agent-error.ts';
import type { AgentFaults } from './agent-host.ts';
import { type Disk, DiskFull } from './disk.ts';
import type { HttpClient } from './http-client.ts';

/** Formats that are written byte by byte; others would need converting, which the stand-in does not do. */
const PLAIN_FORMATS: readonly Json[] = ['raw', 'iso', 'gpt'];
const MAX_CONFIGDRIVE_BYTES = 64 * 1024 * 1024;

interface ImageInfo {
  id: string;
  urls: readonly string[];
  disk_format: Json;
  /** Hash algorithm and the value it must give; a value may be a URL of a list of checksums. */
  algorithm: string | null;
  expected: string;
}

/** @throws AgentError InvalidCommandParamsError */
export function readImageInfo(value: Json | undefined): ImageInfo {
  const info = isObject(value) ? value : {};
  for (const field of ['id', 'urls'])
    if (info[field] === undefined) throw badParams(`Image is missing '${field}' field.`);
  const urls = info.urls;
  if (!Array.isArray(urls) || urls.length === 0 || !urls.every((url) => typeof url === 'string'))
    throw badParams("Image 'urls' must be a list with at least one element.");
  const { os_hash_algo, os_hash_value, checksum } = info;
  const common = { id: String(info.id), urls: urls as string[], disk_format: info.disk_format ?? 'raw' };
  if (os_hash_algo || os_hash_value) {
    for (const [name, text] of Object.entries({ os_hash_algo, os_hash_value }))
      if (typeof text !== 'string' || text === '')
        throw badParams(`Image '${name}' must be a non-empty string.`);
    return { ...common, algorithm: String(os_hash_algo), expected: String(os_hash_value) };
  }
  // MD5 is refused, as the real agent does unless told otherwise.
  if (typeof checksum === 'string' && checksum.length > 32)
    return { ...common, algorithm: null, expected: checksum };
  throw badParams(
    "Image checksum is not available, either the 'checksum' field or the 'os_hash_algo' and 'os_hash_value' fields pair must be specified.",
  );
}

/**
 * Downloads an image to a disk, verifies it, and puts the config drive beside it.
 *
 * @returns what the real command says.
 * @throws AgentError
 */
export async function writeImage(
  http: HttpClient,
  disk: Disk,
  params: JsonObject,
  faults: AgentFaults,
  signal: AbortSignal,
): Promise<string> {
  const image = readImageInfo(params.image_info);
  if (!PLAIN_FORMATS.includes(image.disk_format))
    throw new AgentError(
      'ImageWriteError',
      `Writing image to device ${disk.facts.name} failed: format ${String(image.disk_format)} would have to be converted, which the virtual server cannot.`,
    );
  const { algorithm, expected } = await expectation(http, image);
  const hash = createHash(algorithm);
  const { chunks, url } = await openImage(http, image);
  try {
    await disk.write(hashed(chunks, hash, faults.corrupts_image === true), signal);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (error instanceof DiskFull) throw new AgentError('ImageWriteError', why);
    throw new AgentError('ImageDownloadError', `Download of image ${image.id} failed: ${why}`);
  }
  const found = hash.digest('hex');
  if (found !== expected)
    throw new AgentError(
      'ImageChecksumError',
      `Image failed to verify against checksum. location: ${url}; image ID: ${image.id}; image checksum: ${expected}; verification checksum: ${found}`,
    );
  const configdrive = params.configdrive ?? configdriveOf(params.image_info);
  disk.setConfigdrive(configdrive === null ? null : await readConfigdrive(http, configdrive));
  return `image (${image.id}) written to device ${disk.facts.name} root_uuid=0x${found.slice(0, 8)}`;
}

async function* hashed(
  chunks: AsyncIterable<Uint8Array>,
  hash: ReturnType<typeof createHash>,
  corrupt: boolean,
): AsyncGenerator<Uint8Array> {
  let first = true;
  for await (const chunk of chunks) {
    if (first && corrupt) chunk[0] = (chunk[0] ?? 0) ^ 1;
    first = false;
    hash.update(chunk);
    yield chunk;
  }
}

async function openImage(
  http: HttpClient,
  image: ImageInfo,
): Promise<{ chunks: AsyncIterable<Uint8Array>; url: string }> {
  const failures: string[] = [];
  for (const url of image.urls) {
    try {
      const { status, chunks } = await http.stream(url);
      if (status === 200) return { chunks, url };
      for await (const _ of chunks);
      failures.push(`URL: ${url}; Error: Received status code ${status}`);
    } catch (error) {
      failures.push(`URL: ${url}; Error: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new AgentError('ImageDownloadError', `Download of image ${image.id} failed: ${failures.join('\n ')}`);
}

async function expectation(
  http: HttpClient,
  image: ImageInfo,
): Promise<{ algorithm: string; expected: string }> {
  const expected = /^https?:\/\//.test(image.expected)
    ? await listedChecksum(http, image.expected, image)
    : image.expected.toLowerCase();
  const algorithm = image.algorithm ?? { 64: 'sha256', 128: 'sha512' }[expected.length];
  if (algorithm !== undefined && getHashes().includes(algorithm)) return { algorithm, expected };
  throw new AgentError(
    'ImageDownloadError',
    `Download of image ${image.id} failed: Unable to identify checksum algorithm used, and a value is not specified in the os_hash_algo setting.`,
  );
}

/** A file of one checksum, or of lines `checksum  name` as sha256sum writes them. */
async function listedChecksum(http: HttpClient, url: string, image: ImageInfo): Promise<string> {
  const { status, text } = await http.send('GET', url);
  if (status !== 200)
    throw new AgentError('ImageDownloadError', `Download of image ${url} failed: status ${status}`);
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/));
  const names = image.urls.map((each) => new URL(each).pathname.split('/').at(-1));
  const line = lines.length === 1 ? lines[0] : lines.find(([, name]) => names.includes(name));
  const checksum = line?.[0] ?? lines.find((words) => words.length === 1 && words[0] !== '')?.[0];
  if (checksum !== undefined && checksum !== '') return checksum.toLowerCase();
  throw new AgentError(
    'ImageDownloadError',
    `Download of image ${url} failed: Checksum file does not contain name ${names.join(', ')}`,
  );
}

/** A URL of it, or itself as base64 of gzip. */
async function readConfigdrive(http: HttpClient, value: Json): Promise<Uint8Array> {
  if (typeof value !== 'string') throw badParams('configdrive must be a text.');
  let text = value;
  if (/^https?:\/\//.test(value)) {
    const reply = await http.send('GET', value);
    if (reply.status !== 200)
      throw new AgentError(
        'InstanceDeployFailure',
        `Can't download the config drive content: ${reply.status}.`,
      );
    text = reply.text;
  }
  try {
    return gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: MAX_CONFIGDRIVE_BYTES });
  } catch {
    throw new AgentError('InstanceDeployFailure', 'Config drive is not base64 encoded gzip content.');
  }
}

function configdriveOf(image_info: Json | undefined): Json {
  return isObject(image_info) ? (image_info.configdrive ?? null) : null;
}

function badParams(details: string): AgentError {
  return new AgentError('InvalidCommandParamsError', details);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
