import type { EndingServer } from '../../api/types.ts';

export interface EndingGroup {
  /** `2027-03` or `2027`; '': it has ended. */
  key: string;
  members: EndingServer[];
}

const LENGTH = { month: 7, year: 4 } as const;

/** Servers by when something of them ends, what has ended first. They come in the order of their dates. */
export function groupsOf(servers: readonly EndingServer[], by: 'month' | 'year'): EndingGroup[] {
  const groups: EndingGroup[] = [];
  for (const server of servers) {
    const key = server.days_left < 0 ? '' : server.date.slice(0, LENGTH[by]);
    const last = groups.at(-1);
    if (last?.key === key) last.members.push(server);
    else groups.push({ key, members: [server] });
  }
  return groups;
}
