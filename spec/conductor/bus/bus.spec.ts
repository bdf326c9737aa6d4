import { expect } from 'chai';
import { backoff_ms } from '../../../conductor/bus/backoff.ts';
import type { BusLogger } from '../../../conductor/bus/bus.ts';
import { jobQueue } from '../../../conductor/bus/bus.ts';
import { openBus } from '../../../conductor/bus/open-bus.ts';
import { parseTransportUrl } from '../../../conductor/bus/transport-url.ts';
import { systemClock } from '../../../config/system-clock.ts';
import { BENCH_REDELIVERIES, describeBus } from '../../contract/describe-bus.ts';

const silent: BusLogger = { debug: () => undefined, info: () => undefined, warn: () => undefined };

describeBus('memory', async () => {
  const bus = await openBus({
    transport_url: 'memory://',
    redeliveries: BENCH_REDELIVERIES,
    clock: systemClock,
    log: silent,
  });
  // One process, one bus: whoever opens it gets the same.
  return {
    open: async () => bus,
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  };
});

describe('jobQueue', () => {
  it('names a queue per conductor group', () => {
    expect(jobQueue('')).to.equal('kurogane.jobs');
    expect(jobQueue('rack-a')).to.equal('kurogane.jobs.rack-a');
  });
});

describe('parseTransportUrl', () => {
  const local = { protocol: 'amqp', hostname: 'h', port: 5672, username: 'u', password: 'p' };

  it('reads memory://', () => {
    expect(parseTransportUrl('memory://')).to.deep.equal({ kind: 'memory' });
  });

  for (const [url, expected] of [
    ['amqp://u:p@h', { addresses: [local], vhost: '/', prefix: '' }],
    ['amqp://u:p@h/', { addresses: [local], vhost: '/', prefix: '' }],
    ['amqp://u:p@h:1234/v', { addresses: [{ ...local, port: 1234 }], vhost: 'v', prefix: '' }],
    ['amqp://u:p@h/%2Fv%20w', { addresses: [local], vhost: '/v w', prefix: '' }],
    ['amqp://u:p@h/v?prefix=a.', { addresses: [local], vhost: 'v', prefix: 'a.' }],
    ['amqp://u:p@h?prefix=a.', { addresses: [local], vhost: '/', prefix: 'a.' }],
    ['amqps://u:p@h', { addresses: [{ ...local, protocol: 'amqps', port: 5671 }], vhost: '/', prefix: '' }],
    ['amqp://h', { addresses: [{ ...local, username: 'guest', password: 'guest' }], vhost: '/', prefix: '' }],
    ['amqp://u:%40%2F%3A@h', { addresses: [{ ...local, password: '@/:' }], vhost: '/', prefix: '' }],
    ['amqp://u:p@[::1]:1/v', { addresses: [{ ...local, hostname: '::1', port: 1 }], vhost: 'v', prefix: '' }],
    [
      'amqp://u:p@h:1,i:2,x:y@j/v',
      {
        addresses: [
          { ...local, port: 1 },
          { ...local, hostname: 'i', port: 2 },
          { ...local, hostname: 'j', username: 'x', password: 'y' },
        ],
        vhost: 'v',
        prefix: '',
      },
    ],
  ] as const)
    it(`reads ${url}`, () => {
      expect(parseTransportUrl(url)).to.deep.equal({ kind: 'amqp', ...expected });
    });

  for (const url of ['', 'rabbit://u:hunter2@h', 'amqp://', 'amqp://u:hunter2@h:port', 'amqp://u:hunter2%@h'])
    it(`refuses ${url === '' ? 'nothing' : url} without repeating it`, () => {
      expect(() => parseTransportUrl(url))
        .to.throw(/^transport_url: /)
        .with.property('message')
        .that.does.not.include('hunter2');
    });
});

describe('backoff_ms', () => {
  it('doubles to a bound, and never falls under half of it', () => {
    expect([0, 1, 2].map((attempt) => backoff_ms(attempt, 0))).to.deep.equal([100, 200, 400]);
    expect(backoff_ms(5000, 0)).to.equal(10_000);
    expect(backoff_ms(5000, 1)).to.equal(5000);
    for (let n = 0; n < 100; n += 1) expect(backoff_ms(3)).to.be.within(400, 800);
  });
});
