import { systemClock } from '../config/system-clock.ts';
import { startRack } from '../rack/rack.ts';

/** A process of stand-in IPMI BMCs: started with their count, the first one's address and the port; breaks them when told, and tells its CPU. */

export interface ToStandIns {
  /** Share of datagrams lost, in each direction. */
  drop: number;
  /** Every so many-th BMC is silent; 0: none. */
  dead_every: number;
}

/** What the stand-ins tell their parent. */
export type FromStandIns = { ready: { password: string } } | { cpu_s: number };

async function main(): Promise<void> {
  const [count, first_address = '', port] = process.argv.slice(2);
  const rack = await startRack({
    count: Number(count),
    clock: systemClock,
    bmcs: { first_address, port: Number(port) },
  });
  const tell = (message: FromStandIns): void => void process.send?.(message);
  process.on('message', ({ drop, dead_every }: ToStandIns) => {
    rack.servers.forEach(({ bmc }, at) => {
      const silent = dead_every > 0 && at % dead_every === 0;
      if (silent) bmc.faults = { silent };
      else if (drop > 0) bmc.faults = { drop };
      else bmc.heal();
    });
    const { user, system } = process.cpuUsage();
    tell({ cpu_s: (user + system) / 1e6 });
  });
  process.on('disconnect', () => process.exit(0));
  tell({ ready: { password: rack.servers[0]?.password ?? '' } });
}

await main();
