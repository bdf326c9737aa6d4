import { systemClock } from '../config/system-clock.ts';
import { type RedfishRack, startRedfishRack } from '../rack/redfish/redfish-rack.ts';

/** A process of stand-in BMCs: started with their count; tells where they are, and what they have seen when it is asked. */

/** What the stand-ins tell their parent. */
export type FromStandIns =
  | { ready: { ca: string; servers: RedfishRack['servers'][number]['redfish_info'][] } }
  | { seen: { requests: number; logins: number; most_sessions: number; most_at_once: number } };

async function main(): Promise<void> {
  const rack = await startRedfishRack({ count: Number(process.argv[2]), clock: systemClock });
  const tell = (message: FromStandIns): void => void process.send?.(message);
  process.on('message', () => {
    const bmcs = rack.servers.map(({ redfish }) => redfish);
    const seen = bmcs.flatMap(({ requests }) => requests);
    tell({
      seen: {
        requests: seen.length,
        logins: seen.filter(({ method, path }) => method === 'POST' && path.endsWith('/Sessions')).length,
        most_sessions: Math.max(...bmcs.map(({ open_sessions }) => open_sessions)),
        most_at_once: Math.max(...bmcs.map(({ most_at_once }) => most_at_once)),
      },
    });
  });
  process.on('disconnect', () => process.exit(0));
  tell({ ready: { ca: rack.ca, servers: rack.servers.map(({ redfish_info }) => redfish_info) } });
}

await main();
