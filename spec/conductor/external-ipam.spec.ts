import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { allocateAddress } from '../../conductor/ipam.ts';
import { addressRelease } from '../../conductor/periodic/address-release.ts';
import type { ServiceError } from '../../lifecycle/errors.ts';
import type { IpPoolRecord } from '../../lifecycle/registration-records.ts';
import { newNode } from '../builders/records.ts';
import { eventually } from '../services/eventually.ts';
import { type ConductorBench, startConductorBench } from './conductor-bench.ts';

describe('S22 an IPAM of the operator', () => {
  let bench: ConductorBench;
  let server: Server;
  let pool: IpPoolRecord;
  const asked: string[] = [];
  let answer: (holder: string) => [status: number, body: unknown] = () => [200, {}];

  before(async () => {
    bench = await startConductorBench();
    server = createServer((request, response) => {
      void text(request).then((body) => {
        const { address, holder } = JSON.parse(body) as { address?: string; holder: string };
        asked.push(`${request.method} ${request.headers.authorization} ${address ?? holder}`);
        const [status, reply] = answer(holder);
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    pool = await bench.store.ip_pools.create({
      ...{ name: 'outside', network: '10.8.0.0/24', external_auth: { token: 'planted' } },
      external_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ipam`,
    });
  });
  after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await bench[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    asked.length = 0;
  });

  const refused = (holder: string): Promise<ServiceError> =>
    allocateAddress(bench.store, pool, holder).then(
      () => expect.fail('was not refused'),
      (error: ServiceError) => error,
    );

  it('decides, and hears when the address is free again', async () => {
    const node = await bench.store.nodes.create(newNode());
    answer = () => [201, { address: '10.8.0.7' }];
    const given = await allocateAddress(bench.store, pool, node.uuid);
    expect(given).to.include({ address: '10.8.0.7', holder: node.uuid });
    expect((await allocateAddress(bench.store, pool, node.uuid)).uuid).to.equal(given.uuid);
    expect(asked).to.deep.equal([`POST Bearer planted ${node.uuid}`]);

    await bench.store.nodes.delete(node.uuid);
    // While it is not told, it may not be given to another server.
    expect(await refused(randomUUID())).to.include({ code: 'ServiceUnavailable' });
    asked.length = 0;
    let times = 0;
    answer = () => [times++ === 0 ? 500 : 204, {}];
    await bench.start('conductor-1', { periodics: [{ ...addressRelease, interval_s: () => 0.02 }] });
    await eventually(async () =>
      expect(await bench.store.ip_addresses.count({ pool_uuid: pool.uuid })).to.equal(0),
    );
    expect(asked).to.deep.equal(['DELETE Bearer planted 10.8.0.7', 'DELETE Bearer planted 10.8.0.7']);
  });

  const ROWS: readonly [string, () => [number, unknown], string, RegExp][] = [
    ['has none left', () => [409, {}], 'NoFreeAddress', /outside.*no free address/],
    ['fails', () => [500, {}], 'ServiceUnavailable', /HTTP status 500/],
    [
      'gives an address of elsewhere',
      () => [200, { address: '10.9.0.1' }],
      'ServiceUnavailable',
      /no "address" of 10\.8\.0\.0\/24/,
    ],
    ['gives something else', () => [200, ['x']], 'ServiceUnavailable', /no "address"/],
  ];
  for (const [name, reply, code, words] of ROWS)
    it(`is not believed when it ${name}`, async () => {
      answer = reply;
      const error = await refused(randomUUID());
      expect(error.code).to.equal(code);
      expect(error.message).to.match(words);
    });
});
