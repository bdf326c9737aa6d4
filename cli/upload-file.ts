import type { Json, JsonObject } from '../lifecycle/json.ts';
import { CommandFailure } from './exit-codes.ts';
import type { Outside } from './outside.ts';
import { openProgress, SILENT } from './progress.ts';
import { openSession, type Session } from './session.ts';
import { settingsOf } from './settings-of.ts';

/** A file that is read in parts. */
export interface PartedFile extends AsyncDisposable {
  readonly size: number;
  /** Its bytes from `offset` on, at most `most`. */
  read(offset: number, most: number): Promise<Uint8Array>;
}

/** `iso upload FILE`: announces an image and sends it. @throws CommandFailure */
export async function uploadIso(
  path: string,
  given: { name: string | undefined; sha256: string | undefined },
  quiet: boolean,
  outside: Outside,
): Promise<Json> {
  await using file = await openFile(path, outside);
  await using session = await openSession(await settingsOf(outside));
  const { name = path.split('/').at(-1) ?? path, sha256 } = given;
  const body = { name, size_bytes: file.size, ...(sha256 === undefined ? {} : { sha256 }) };
  const { uuid } = (await session.request('POST', '/v1/isos', body)).body as JsonObject;
  return await uploadFile(session, String(uuid), path, file, quiet, outside);
}

/** Goes on with an upload that broke off. @throws CommandFailure */
export async function resumeUpload(
  session: Session,
  iso: string,
  path: string,
  quiet: boolean,
  outside: Outside,
): Promise<Json> {
  await using file = await openFile(path, outside);
  return await uploadFile(session, iso, path, file, quiet, outside);
}

async function openFile(path: string, outside: Pick<Outside, 'openFile'>): Promise<PartedFile> {
  try {
    return await outside.openFile(path);
  } catch (error) {
    throw new CommandFailure('usage', `${path} cannot be read: ${(error as Error).message}`);
  }
}

/** Sends what is missing of an image, part by part. @throws CommandFailure; interrupted, with how to go on */
async function uploadFile(
  session: Session,
  iso: string,
  name: string,
  file: PartedFile,
  quiet: boolean,
  outside: Outside,
): Promise<Json> {
  const path = `/v1/isos/${encodeURIComponent(iso)}`;
  const progress = quiet ? SILENT : openProgress(outside);
  const go_on = `kurogane iso resume ${iso} ${name}`;
  try {
    return await outside.interruptible(async (signal) => {
      let answer = (await session.request('GET', path)).body as JsonObject;
      while (answer.state === 'uploading') {
        if (signal.aborted)
          throw new CommandFailure('interrupted', `What came of it is kept. To go on:\n  ${go_on}`);
        const offset = Number(answer.received_bytes);
        const part = await file.read(offset, Number(answer.part_bytes));
        if (part.length === 0)
          throw new CommandFailure(
            'usage',
            `${name} has ${file.size} bytes: the image was announced with ${String(answer.size_bytes)}.`,
          );
        answer = (await session.send('PUT', `${path}/content?offset=${offset}`, part)).body as JsonObject;
        const share = Number(answer.received_bytes) / Math.max(1, file.size);
        const state = `${Math.floor(share * 10) * 10} % of ${sizeText(file.size)}`;
        progress.show(
          [{ name, state, well: answer.state === 'uploading' ? null : answer.state === 'ready' }],
          share,
        );
      }
      return answer;
    });
  } catch (error) {
    if (error instanceof CommandFailure && error.exit === 'unavailable')
      throw new CommandFailure(
        'unavailable',
        `${error.message}\nWhat came of it is kept. To go on:\n  ${go_on}`,
      );
    throw error;
  } finally {
    progress.end();
  }
}

function sizeText(bytes: number): string {
  const mib = bytes / (1024 * 1024);
  if (mib < 1) return `${bytes} bytes`;
  return mib < 1024 ? `${Math.round(mib)} MiB` : `${(mib / 1024).toFixed(1)} GiB`;
}
