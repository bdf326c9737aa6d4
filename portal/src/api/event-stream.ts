/** One server-sent event (HTML standard, 9.2). */
export interface StreamEvent {
  id: string | null;
  event: string;
  data: string;
}

/** Parts a body into its events, as they come. @param heard called with whatever comes, comments too. @throws what reading the body throws */
export async function* eventsOf(
  body: ReadableStream<Uint8Array>,
  heard: () => void,
): AsyncGenerator<StreamEvent> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard();
      rest += value.replaceAll('\r\n', '\n');
      for (let end = rest.indexOf('\n\n'); end !== -1; end = rest.indexOf('\n\n')) {
        const event = parseEvent(rest.slice(0, end));
        rest = rest.slice(end + 2);
        if (event !== null) yield event;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** null: only a comment. */
function parseEvent(block: string): StreamEvent | null {
  const event: StreamEvent = { id: null, event: 'message', data: '' };
  let told = false;
  for (const line of block.split('\n')) {
    const at = line.indexOf(':');
    if (at <= 0) continue;
    const name = line.slice(0, at);
    const value = line.slice(at + 1).replace(/^ /, '');
    told = true;
    if (name === 'data') event.data += event.data === '' ? value : `\n${value}`;
    else if (name === 'id') event.id = value;
    else if (name === 'event') event.event = value;
  }
  return told ? event : null;
}
