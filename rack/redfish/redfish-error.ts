import type { JsonObject } from '../../lifecycle/json.ts';

/** A refusal with its extended message (DSP0266 8.6): a key of the Base registry, or a whole id of a vendor's. */
export class RedfishRefusal extends Error {
  readonly status: number;
  readonly message_id: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message_id: string, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.name = 'RedfishRefusal';
    this.status = status;
    this.message_id = message_id;
    this.headers = headers;
  }

  /** The body that tells it. The least severe message comes first, as with some BMCs. */
  get body(): JsonObject {
    return {
      error: {
        code: 'Base.1.18.GeneralError',
        message: 'A general error has occurred. See Resolution for information on how to resolve the error.',
        '@Message.ExtendedInfo': [
          {
            MessageId: 'Base.1.18.Success',
            Message: 'Successfully completed request.',
            MessageSeverity: 'OK',
            Severity: 'OK',
          },
          {
            MessageId: this.message_id.includes('.') ? this.message_id : `Base.1.18.${this.message_id}`,
            Message: this.message,
            MessageSeverity: 'Critical',
            Severity: 'Critical',
            Resolution: 'See the documentation of the virtual BMC.',
          },
        ],
      },
    };
  }
}
