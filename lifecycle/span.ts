/** Something that was done, as a trace tells it. The request id leads from the API through the job to the calls of BMCs. */
export interface EndedSpan {
  /** What was done, in words of the program: never of a request or a node. */
  name: string;
  kind: 'server' | 'client' | 'internal';
  /** `req-<uuid>`: the trace. null: nobody asked; the job is a trace of its own. */
  request_id: string | null;
  /** Names this span among those of its trace. */
  id: string;
  /** `id` of what it was a part of; null: the request, or nothing. */
  parent: string | null;
  duration_s: number;
  attributes: Readonly<Record<string, string | number>>;
  /** Whether it failed. */
  failed: boolean;
}

/** Hears of every span that ended. Must be quick and must not throw. */
export type SpanSink = (span: EndedSpan) => void;
