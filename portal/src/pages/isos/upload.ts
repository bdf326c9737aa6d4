import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { ApiError } from '../../api/http.ts';
import { type Iso, readIso, sendPart } from '../../api/isos.ts';
import { pause } from '../../api/pause.ts';

export interface UploadProgress {
  sent_bytes: number;
  /** Over the last part; null: not known yet. */
  bytes_per_s: number | null;
}

/** The service has other bytes than the file. */
export class OtherBytes extends Error {}

const MIB = 1024 * 1024;
/** A part has to come within a minute: parts grow while they are quick, and shrink when they are not. */
const [FIRST_PART, QUICK_MS, SLOW_MS] = [MIB, 1500, 15_000];
const SLICE = MIB;
/** Before a part is sent again; after the last it is given up. */
const PAUSES_MS = [1000, 3000, 10_000];

/**
 * Sends what the service lacks of an image, part by part, and computes the SHA-256 of the whole file meanwhile.
 * @param iso an image that was announced with the file's size; of one that was begun, the rest is sent.
 * @throws ApiError; OtherBytes when the service's checksum is another than the file's; what `signal` says
 */
export async function uploadIso(
  file: Blob,
  iso: Iso,
  tell: (progress: UploadProgress) => void,
  signal: AbortSignal,
): Promise<Iso> {
  const hash = sha256.create();
  let hashed = 0;
  const hashTo = async (end: number): Promise<void> => {
    while (hashed < end) {
      signal.throwIfAborted();
      const slice = file.slice(hashed, Math.min(hashed + SLICE, end));
      hashed += slice.size;
      hash.update(new Uint8Array(await slice.arrayBuffer()));
    }
  };
  let now = iso;
  let part_bytes = Math.min(FIRST_PART, iso.part_bytes);
  tell({ sent_bytes: now.received_bytes, bytes_per_s: null });
  for (let failures = 0; now.state === 'uploading'; ) {
    const from = now.received_bytes;
    const part = file.slice(from, from + part_bytes);
    const began_ms = performance.now();
    const sending = sendPart(iso.uuid, from, part, signal);
    // Its failure is looked at below.
    sending.catch(() => undefined);
    await hashTo(from + part.size);
    try {
      now = await sending;
      failures = 0;
    } catch (error) {
      const wait_ms = PAUSES_MS[failures];
      if (!isPassing(error) || wait_ms === undefined) throw error;
      failures += 1;
      await pause(wait_ms, signal);
      signal.throwIfAborted();
      // Some of the part may have come.
      now = await readIso(iso.uuid, signal);
      part_bytes = Math.max(MIB / 4, part_bytes / 4);
      continue;
    }
    const took_ms = performance.now() - began_ms;
    tell({ sent_bytes: now.received_bytes, bytes_per_s: (part.size / Math.max(1, took_ms)) * 1000 });
    if (took_ms < QUICK_MS) part_bytes = Math.min(part_bytes * 2, iso.part_bytes);
    else if (took_ms > SLOW_MS) part_bytes = Math.max(MIB / 4, part_bytes / 2);
  }
  await hashTo(file.size);
  if (now.state === 'refused' || now.sha256 !== bytesToHex(hash.digest())) throw new OtherBytes();
  return now;
}

function isPassing(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500);
}
