import type { Reply } from '../http/reply.ts';
import type { Api, ApiRequest } from '../openstack/handler.ts';

/** What every handler works with. */
export type LifecycleApi = Pick<
  Api,
  'settings' | 'store' | 'conductor' | 'policy' | 'log' | 'clock' | 'document'
>;

/** One operation. Throws ServiceError or RoutingError. */
export type LifecycleHandler = (request: ApiRequest, api: LifecycleApi) => Promise<Reply> | Reply;
