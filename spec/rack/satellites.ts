import { systemClock } from '../../config/system-clock.ts';
import { placeOf } from '../../rack/ipmi/bridge.ts';
import { type Rack, type RackServer, startRack } from '../../rack/rack.ts';

/** Three servers in a row: the BMC on the LAN, one behind it (channel 0, 82h), and one behind that (channel 6, 72h). */
export interface Satellites extends AsyncDisposable {
  front: RackServer;
  middle: RackServer;
  last: RackServer;
}

export async function startSatellites(): Promise<Satellites> {
  const rack: Rack = await startRack({ count: 3, clock: systemClock, delays_ms: { soft_off: 0 } });
  const [front, middle, last] = rack.servers;
  if (front === undefined || middle === undefined || last === undefined) throw new Error('no servers');
  front.bmc.bus = new Map([[placeOf(0, 0x82), middle.bmc]]);
  middle.bmc.bus = new Map([[placeOf(6, 0x72), last.bmc]]);
  return { front, middle, last, [Symbol.asyncDispose]: () => rack[Symbol.asyncDispose]() };
}
