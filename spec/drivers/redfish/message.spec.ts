import { expect } from 'chai';
import { extendedMessage, refusal, told } from '../../../drivers/redfish/message.ts';

describe('Redfish errors', () => {
  /** As in DSP0266 8.6. */
  const error = (...info: object[]): object => ({
    error: { code: 'Base.1.8.GeneralError', message: 'General.', '@Message.ExtendedInfo': info },
  });
  const warning = { MessageId: 'Base.1.8.PropertyUnknown', Message: 'Unknown.', Severity: 'Warning' };
  const critical = { MessageId: 'Base.1.8.ActionNotSupported', Message: 'No.', MessageSeverity: 'Critical' };

  it('are told by their most severe message, in any order', () => {
    for (const body of [error(warning, critical), error(critical, warning)])
      expect(extendedMessage(body)).to.deep.equal({
        message_id: 'Base.1.8.ActionNotSupported',
        message: 'No.',
      });
  });

  it('are understood as one message instead of a list, as the general one, and as nothing', () => {
    expect(extendedMessage({ error: { '@Message.ExtendedInfo': warning } }).message).to.equal('Unknown.');
    expect(extendedMessage(error()).message).to.equal('General.');
    for (const body of [null, [], 'x', { error: 7 }, { error: { '@Message.ExtendedInfo': [null, 3] } }])
      expect(extendedMessage(body)).to.deep.equal({ message_id: '', message: '' });
  });

  for (const [status, message_id, code] of [
    [400, 'Base.1.8.ActionNotSupported', 'unsupported'],
    [400, 'Base.1.8.PropertyUnknown', 'rejected'],
    [400, 'Base.1.8.__proto__', 'rejected'],
    [401, 'Base.1.8.ServiceTemporarilyUnavailable', 'unauthorized'],
    [403, '', 'unauthorized'],
    [404, '', 'rejected'],
    [405, '', 'unsupported'],
    [409, 'Base.1.8.ResourceInUse', 'busy'],
    [500, '', 'rejected'],
    [503, '', 'busy'],
  ] as const)
    it(`${status} ${message_id} is ${code}`, () => {
      const body = error({ MessageId: message_id, Message: 'Words of the BMC.' });
      const made = refusal('bmc:443', 'GET /', { status, body }, []);
      expect(made.code).to.equal(code);
      expect(made.message).to.contain('bmc:443').and.to.contain('Words of the BMC.');
    });

  it('are told without secrets, control characters and excess', () => {
    expect(told('pass s3cret\u001b[2J\u202e', ['s3cret', ''])).to.equal('pass *** [2J ');
    expect(told('x'.repeat(10_000), [])).to.have.lengthOf(500);
  });
});
