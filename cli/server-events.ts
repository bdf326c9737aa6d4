import type { Json } from '../lifecycle/json.ts';

/** One event of a stream, or only its place (`event` null). */
export interface ServerEvent {
  id: string | null;
  event: string | null;
  data: Json;
}

/** Most characters of one event. */
const MOST = 4 * 1024 * 1024;

/** Reads server-sent events whose data is JSON (WHATWG HTML 9.2.6), as the service writes them. @throws Error: an event too long */
export async function* readEvents(chunks: AsyncIterable<string>): AsyncGenerator<ServerEvent> {
  let rest = '';
  for await (const chunk of chunks) {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    if (rest.length > MOST) throw new Error('An event is too long.');
    for (const block of blocks) {
      const found = parse(block);
      if (found.id !== null || found.event !== null) yield found;
    }
  }
}

function parse(block: string): ServerEvent {
  const fields = new Map(
    block.split('\n').map((line) => {
      const at = line.indexOf(':');
      return [line.slice(0, at), line.slice(at + 1).replace(/^ /, '')] as const;
    }),
  );
  return {
    id: fields.get('id') ?? null,
    event: fields.get('event') ?? null,
    data: JSON.parse(fields.get('data') ?? 'null') as Json,
  };
}
