import { type Connection, DriverError, type SerialStream } from '../../drivers/contract.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { Seat, Viewer } from './viewer.ts';

/** Opens the way to a node's BMC. @throws DriverError */
export type OpenBmc = (node: NodeRecord) => Promise<Connection>;

/** The serial ports that somebody looks at: a BMC gives its port to one, so all who look share it. */
export interface SerialPorts {
  /** @throws DriverError */
  join(node: NodeRecord, viewer: Viewer, take_over: boolean): Promise<Seat>;
}

interface Port {
  stream: SerialStream;
  connection: Connection;
  viewers: Set<Viewer>;
  /** The last that was printed, for who comes later. */
  last: Buffer;
  closing: Promise<void> | null;
}

const OPEN_MS = 15_000;
const WRITE_MS = 15_000;
/** What a new viewer sees of what was printed before. */
const REMEMBERED = 16 * 1024;
/** What may wait for one viewer; it holds up no others. */
const MOST_WAITING = 1024 * 1024;

export function createSerialPorts(open: OpenBmc): SerialPorts {
  const ports = new Map<string, Promise<Port>>();

  async function openPort(node: NodeRecord, take_over: boolean): Promise<Port> {
    const connection = await open(node);
    try {
      const serial = connection.serialConsole;
      if (serial === undefined)
        throw new DriverError('unsupported', `The driver ${node.driver} leads to no serial port.`);
      const options = { timeout_ms: OPEN_MS, take_over };
      const stream = await serial.open(options);
      const port: Port = { stream, connection, viewers: new Set(), last: Buffer.alloc(0), closing: null };
      void print(node.uuid, port);
      return port;
    } catch (error) {
      await connection[Symbol.asyncDispose]();
      throw error;
    }
  }

  async function print(uuid: string, port: Port): Promise<void> {
    let [reason, why] = ['ended' as 'ended' | 'unavailable', 'The BMC closed the serial port.'];
    try {
      for await (const bytes of port.stream.output) {
        port.last = Buffer.concat([port.last, bytes]).subarray(-REMEMBERED);
        for (const viewer of port.viewers)
          if (viewer.waiting > MOST_WAITING) {
            port.viewers.delete(viewer);
            viewer.end('too_slow', 'More was printed than was read.');
          } else viewer.send(bytes);
      }
    } catch (error) {
      [reason, why] = ['unavailable', (error as Error).message];
    }
    ports.delete(uuid);
    for (const viewer of port.viewers) viewer.end(reason, why);
    port.viewers.clear();
    await closed(port);
  }

  return {
    async join(node, viewer, take_over) {
      const known = ports.get(node.uuid);
      const opening = known ?? openPort(node, take_over);
      if (known === undefined) {
        ports.set(node.uuid, opening);
        opening.catch(() => ports.delete(node.uuid));
      }
      const port = await opening;
      port.viewers.add(viewer);
      if (port.last.length > 0) viewer.send(port.last);
      return {
        take: (bytes) => port.stream.write(bytes, { timeout_ms: WRITE_MS }),
        sendBreak: () => port.stream.sendBreak({ timeout_ms: WRITE_MS }),
        leave: async () => {
          port.viewers.delete(viewer);
          if (port.viewers.size > 0 || ports.get(node.uuid) !== opening) return;
          ports.delete(node.uuid);
          await closed(port);
        },
      };
    },
  };
}

/** The last who leaves closes it, and so does its end. */
function closed(port: Port): Promise<void> {
  port.closing ??= (async () => {
    await port.stream[Symbol.asyncDispose]();
    await port.connection[Symbol.asyncDispose]();
  })();
  return port.closing;
}
