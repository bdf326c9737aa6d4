import { expect } from 'chai';
import { createLogger, requestLogger } from '../../config/logger.ts';

describe('createLogger', () => {
  function capture(level: 'debug' | 'info' = 'info') {
    const lines: string[] = [];
    const log = createLogger({ level, name: 'spec', destination: { write: (line) => lines.push(line) } });
    const last = () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown>;
    return { log, lines, last };
  }

  it('writes one JSON object a line with level, time, name and message', () => {
    const { log, lines, last } = capture();
    log.info({ node: 'n1' }, 'power on');
    log.debug('not shown');
    expect(lines).to.have.length(1);
    expect(last()).to.include({ level: 'info', name: 'spec', node: 'n1', msg: 'power on' });
    expect(last().time).to.match(/^\d{4}-\d\d-\d\dT/);
  });

  it('carries the request id in every line of a request', () => {
    const { log, last } = capture();
    requestLogger(log, 'req-1').warn('slow');
    expect(last()).to.include({ request_id: 'req-1', msg: 'slow' });
  });

  it('masks secrets by name at any depth, in lists, children and errors', () => {
    const { log, lines } = capture();
    const error = Object.assign(new Error('refused'), {
      driver_info: { ipmi_password: 'hunter2', ipmi_address: '10.0.0.1' },
      cause: Object.assign(new Error('inner'), { headers: { 'x-auth-token': 'hunter2' } }),
    });
    log
      .child({ auth: { password: 'hunter2' } })
      .info({ nodes: [{ driver_info: { ipmi_password: 'hunter2' } }] }, 'a');
    log.info({ headers: { Authorization: 'Basic hunter2' } }, 'c');
    log.error({ err: error }, 'b');
    log.error(error);
    expect(lines.join('')).not.to.contain('hunter2');
    expect(lines.join('')).to.contain('10.0.0.1').and.contain('inner').and.contain('refused');
  });

  it('masks passwords of URLs in fields, messages and stacks', () => {
    const { log, lines } = capture();
    log.info({ connection: 'mysql://user:hun@ter2@127.0.0.1/x' }, 'to amqp://u:hunter2@h:5672/v');
    log.error(new Error('no route to https://u:hunter2@bmc/redfish'));
    expect(lines.join('')).not.to.match(/hun@?ter2/);
    expect(lines.join('')).to.contain('mysql://user:******@127.0.0.1/x');
  });

  it('leaves URLs without a password alone', () => {
    const { log, last } = capture();
    log.info('http://127.0.0.1:6385/v1/nodes?a=b@c');
    expect(last().msg).to.equal('http://127.0.0.1:6385/v1/nodes?a=b@c');
  });

  it('survives cycles, big integers and buffers', () => {
    const { log, last } = capture();
    const loop: Record<string, unknown> = { n: 10n, bytes: Buffer.alloc(3) };
    loop.self = loop;
    log.info(loop, 'x');
    expect(last()).to.include({ n: '10', bytes: '[3 bytes]' });
  });
});
