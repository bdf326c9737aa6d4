import { expect } from 'chai';
import { ERRORS, type ErrorCode, ServiceError, serviceError } from '../../lifecycle/errors.ts';

describe('the catalogue of errors', () => {
  it('has a client or server error status for every code', () => {
    for (const [code, { status }] of Object.entries(ERRORS)) {
      expect(status, code).to.be.within(400, 599);
      expect(new ServiceError(code as ErrorCode, 'x').status, code).to.equal(status);
    }
  });

  it('makes errors that name their code, status and message', () => {
    const error = serviceError('NotFound', { kind: 'Node', ident: 'n1' });
    expect(error).to.be.instanceOf(ServiceError).and.instanceOf(Error);
    expect(error).to.include({ code: 'NotFound', status: 404, message: 'Node n1 could not be found.' });
  });

  it('tells the client which verbs are possible', () => {
    const params = { action: 'active', node: 'n1', state: 'manageable' };
    expect(
      serviceError('InvalidStateRequested', { ...params, allowed: ['provide', 'clean'] }).message,
    ).to.equal(
      'The requested action "active" can not be performed on node "n1" while it is in state "manageable". Possible now: provide, clean.',
    );
    expect(serviceError('InvalidStateRequested', { ...params, allowed: [] }).message).to.match(
      /No action is possible/,
    );
  });

  it('names the holder of a lock', () => {
    expect(serviceError('NodeLocked', { node: 'n1', host: 'c1' }).message).to.include('locked by host c1');
  });
});
