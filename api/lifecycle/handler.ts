import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Reply } from '../http/reply.ts';
import type { Api, ApiRequest } from '../openstack/handler.ts';
import type { EventStreams } from './events/streams.ts';

/** What every handler works with. */
export interface LifecycleApi
  extends Pick<Api, 'settings' | 'store' | 'conductor' | 'policy' | 'log' | 'clock' | 'document' | 'schema'> {
  /** What changes, for those who watch. */
  events: EventStreams;
}

export interface LifecycleRequest extends ApiRequest {
  headers: IncomingHttpHeaders;
  /** The body as it comes, of operations with `x-stream`. */
  content?: Readable;
}

/** One operation. Throws ServiceError or RoutingError. */
export type LifecycleHandler = (request: LifecycleRequest, api: LifecycleApi) => Promise<Reply> | Reply;
