import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Store } from '../db/store.ts';
import { ISO_PATH, mayRead } from '../lifecycle/iso.ts';
import { openRegular, sendFile } from './images.ts';
import { notFound } from './send-source.ts';
import type { Sender } from './sender.ts';

/** The images that were brought to the API, as BMCs read them. */
export interface IsoSource {
  /** That the API writes them to. */
  folder: string;
  store: Pick<Store, 'isos' | 'iso_mounts' | 'servers' | 'now'>;
}

const TOKEN = /^([\w-]{32})\.iso$/;

/**
 * Answers GET and HEAD of an image to the BMC that has it in its drive; all else is 404, as when the image is gone.
 * @returns false when the path is none of these.
 */
export async function sendIso(
  { folder, store }: IsoSource,
  path: string,
  sender: Sender,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  if (!path.startsWith(ISO_PATH)) return false;
  const [, token] = TOKEN.exec(path.slice(ISO_PATH.length)) ?? [];
  const hash = createHash('sha256')
    .update(token ?? '')
    .digest('hex');
  const mount = token === undefined ? null : await store.iso_mounts.getByTokenHash(hash);
  if (mount !== null) {
    const [iso, server, now] = await Promise.all([
      store.isos.get(mount.iso_uuid),
      store.servers.get(mount.server_uuid),
      store.now(),
    ]);
    const file =
      iso !== null && mayRead(iso, mount, server, now)
        ? await openRegular(join(folder, iso.uuid)).catch(() => null)
        : null;
    if (file !== null) {
      await using handle = file;
      await sendFile(handle, sender, request, response);
      return true;
    }
  }
  notFound(response);
  return true;
}
