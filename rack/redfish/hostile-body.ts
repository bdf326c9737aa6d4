import type { ServerResponse } from 'node:http';
import type { Clock } from '../../lifecycle/clock.ts';
import type { RedfishFaults } from './redfish-faults.ts';

const LEVELS = 10_000;
const DRIP_MS = 20;

/** Sends a body that no BMC should send. It ends when the client is gone, or never. */
export function sendHostileBody(
  kind: NonNullable<RedfishFaults['body']>,
  response: ServerResponse,
  clock: Clock,
): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const bodies: Partial<Record<typeof kind, string>> = {
    deep: '['.repeat(LEVELS) + ']'.repeat(LEVELS),
    'wrong type': JSON.stringify({
      PowerState: 7,
      Members: 'all',
      Systems: 3,
      Links: [],
      Boot: 'yes',
      Actions: null,
    }),
    'not JSON': '<html>Please log in</html>',
    array: '[]',
  };
  const body = bodies[kind];
  if (body !== undefined) {
    response.end(body);
    return;
  }
  if (kind === 'endless') endless(response);
  else void drip(response, clock);
}

function endless(response: ServerResponse): void {
  const piece = `${'x'.repeat(65_536)}`;
  response.write('{"Name":"');
  const more = (): void => {
    while (!response.destroyed && response.write(piece));
  };
  response.on('drain', more);
  more();
}

/** A byte now and then: never silent for long, never at an end. */
async function drip(response: ServerResponse, clock: Clock): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  while (!gone.signal.aborted) {
    response.write(' ');
    await clock.sleep(DRIP_MS, gone.signal).catch(() => undefined); // the client is gone
  }
}
