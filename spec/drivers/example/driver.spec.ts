import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { projectRoot } from '../../../config/project-root.ts';
import { createDriver } from '../../../drivers/example/driver.ts';
import { fateOf, sendBy, WIRE_FAULTS } from '../../../rack/wire-fault.ts';
import { describeDriver } from '../../contract/describe-driver.ts';
import type { BenchFault, DriverBench, ServerTruth } from '../../contract/driver-bench.ts';

const KEY = 'str1p-s3cret';

/** A power strip with two outlets. */
async function startStripBench(): Promise<DriverBench> {
  const outlets = [0, 1].map(() => ({
    power: 'off' as 'on' | 'off',
    reboots: 0,
    fault: null as BenchFault | null,
  }));
  let exchanges = 0;
  const server = createServer(async (request, response): Promise<void> => {
    const outlet = outlets[Number(request.url?.split('/').at(-1))];
    const chunks: Uint8Array[] = [];
    for await (const chunk of request as AsyncIterable<Uint8Array>) chunks.push(chunk);
    exchanges += 1;
    const wire = WIRE_FAULTS.find((each) => each === outlet?.fault);
    const fate = fateOf(wire, exchanges);
    const end = (status: number, body = ''): void => sendBy(fate, response, { status, headers: {}, body });
    if (outlet === undefined) return end(404);
    if (outlet.fault === 'silent') return;
    if (fate === 'request lost') return void response.destroy();
    if (outlet.fault === 'busy') return end(503);
    if (request.headers['x-key'] !== KEY) return end(401);
    if (request.method === 'GET') return end(200, JSON.stringify({ on: outlet.power === 'on' }));
    const { on } = JSON.parse(Buffer.concat(chunks).toString()) as { on: boolean };
    if (outlet.power === 'on' && !on) outlet.reboots += 1;
    outlet.power = on ? 'on' : 'off';
    end(204);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const strip_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const outlet = (i: 0 | 1) => outlets[i] as (typeof outlets)[number];
  return {
    createDriver,
    driver_info: (i) => ({ strip_url, strip_key: KEY, strip_outlet: i }),
    refused_driver_info: (i) => ({ strip_url, strip_key: 'wr0ng-key', strip_outlet: i }),
    truth: (i): ServerTruth => ({
      get power() {
        return outlet(i).power;
      },
      set power(power) {
        outlet(i).power = power;
      },
      get reboots() {
        return outlet(i).reboots;
      },
      ...{ boot: null, identify: 'off', nmi_count: 0 },
    }),
    break: (i, fault) => {
      outlet(i).fault = fault;
    },
    heal: (i) => {
      outlet(i).fault = null;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describeDriver('example', startStripBench, {
  capabilities: [],
  faults: ['silent', 'busy', ...WIRE_FAULTS],
  secrets: [KEY, 'wr0ng-key'],
});

describe('drivers/example', () => {
  it('is shorter than 200 lines', () => {
    const text = readFileSync(`${projectRoot}/drivers/example/driver.ts`, 'utf8');
    expect(text.split('\n').length).to.be.below(200);
  });
});
