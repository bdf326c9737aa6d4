import type { Logger } from 'pino';
import type { ConductorClient } from '../../conductor/client.ts';
import type { Settings } from '../../config/options.ts';
import type { Store } from '../../db/store.ts';
import type { Caller } from '../../lifecycle/caller.ts';
import type { Clock } from '../../lifecycle/clock.ts';
import type { Json } from '../../lifecycle/json.ts';
import type { SchemaCheck } from '../http/operations.ts';
import type { Reply } from '../http/reply.ts';
import type { LiveConductors } from './live-conductors.ts';
import type { Policy } from './policy/policy.ts';
import type { ViewCache } from './views/view.ts';

/** What every handler works with; made once by the server. */
export interface Api {
  settings: Settings;
  store: Store;
  conductor: ConductorClient;
  policy: Policy;
  log: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
  clock: Clock;
  views: ViewCache;
  conductors: LiveConductors;
  /** The OpenAPI document, as JSON text. */
  document: string;
  /** Check of a whole object against a schema of the document. */
  schema(name: string): SchemaCheck;
}

/** A request whose path, version, query and body were found good. */
export interface ApiRequest {
  /** The operation's id in openapi.yaml. */
  operation: string;
  method: string;
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
  /** The parsed JSON body; undefined without one. */
  body: Json | undefined;
  /** N of microversion 1.N. */
  minor: number;
  /** Whether the client named a version at all. */
  versioned: boolean;
  caller: Caller;
  /** Scheme, host and path prefix of links, without a slash at the end. */
  base_url: string;
}

/** One operation of the API. Throws ServiceError or RoutingError. */
export type Handler = (request: ApiRequest, api: Api) => Promise<Reply> | Reply;
