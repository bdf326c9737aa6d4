import type { Json, JsonObject } from '../lifecycle/json.ts';
import type { Session } from './session.ts';

/** A file that is read in parts. */
export interface PartedFile extends AsyncDisposable {
  readonly size: number;
  /** Its bytes from `offset` on, at most `most`. */
  read(offset: number, most: number): Promise<Uint8Array>;
}

/**
 * Sends what is missing of an image, part by part, and tells how far it is.
 * @throws CommandFailure
 */
export async function uploadFile(
  session: Session,
  iso: string,
  file: PartedFile,
  tell: (text: string) => void,
): Promise<Json> {
  const path = `/v1/isos/${encodeURIComponent(iso)}`;
  let answer = (await session.request('GET', path)) as JsonObject;
  while (answer.state === 'uploading') {
    const offset = Number(answer.received_bytes);
    const part = await file.read(offset, Number(answer.part_bytes));
    answer = (await session.send('PUT', `${path}/content?offset=${offset}`, part)) as JsonObject;
    const percent = Math.floor((Number(answer.received_bytes) * 100) / Math.max(1, file.size));
    tell(`${percent} % of ${file.size} bytes\n`);
  }
  return answer;
}
