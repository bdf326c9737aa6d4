import type { LifecycleHandler } from '../handler.ts';
import { serverFilter } from './filters.ts';

/** GET /v1/servers/counts: the servers in each stage, and those of them that need attention. */
export const countServers: LifecycleHandler = async (request, api) => {
  const stages = await api.store.servers.countByStage(serverFilter(request, api));
  const all = Object.values(stages);
  return {
    status: 200,
    body: {
      stages,
      total: all.reduce((sum, { count }) => sum + count, 0),
      attention: all.reduce((sum, { attention }) => sum + attention, 0),
    },
  };
};
