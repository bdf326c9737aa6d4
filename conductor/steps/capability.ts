import { type Connection, DriverError } from '../../drivers/contract.ts';

/** A capability of a connection. @throws DriverError `unsupported` where it is absent */
export function capability<N extends keyof Connection>(
  connection: Connection,
  name: N,
): NonNullable<Connection[N]> {
  const found = connection[name];
  if (found === undefined)
    throw new DriverError('unsupported', `The driver of this node has no capability ${String(name)}.`);
  return found as NonNullable<Connection[N]>;
}
