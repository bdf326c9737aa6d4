import { DriverError, type DriverErrorCode } from '../contract.ts';
import type { HttpReply } from './http.ts';
import { arrayIn, isObject, textIn } from './resources.ts';

const BY_STATUS: Readonly<Record<number, DriverErrorCode>> = {
  401: 'unauthorized',
  403: 'unauthorized',
  405: 'unsupported',
  409: 'rejected',
  423: 'busy',
  429: 'busy',
  501: 'unsupported',
  // A BMC's web server stands in front of what is at work or restarting.
  502: 'busy',
  503: 'busy',
  504: 'busy',
};

/** Keys of the Base message registry (DSP8011) that say more than the status does. */
const BY_MESSAGE: Readonly<Record<string, DriverErrorCode>> = {
  ActionNotSupported: 'unsupported',
  ActionParameterNotSupported: 'unsupported',
  ActionParameterValueNotInList: 'unsupported',
  InsufficientPrivilege: 'unauthorized',
  OemLicenseNotPassed: 'unsupported',
  ResourceInUse: 'busy',
  ServiceInUnknownState: 'busy',
  ServiceTemporarilyUnavailable: 'busy',
  SessionLimitExceeded: 'busy',
};
/**
 * Keys of a BMC that is at work on what was asked before, or whose server is in its self-test, and that takes the same a little later:
 * Dell (opendev.org/openstack/sushy, connector.py, check_retry_on_exception; its LC068 and RAC0679 are in idrac.ts's sources) and HPE
 * (the same; opendev.org/openstack/ironic, drivers/modules/redfish/management.py, _is_during_post_error).
 */
const NOT_YET = /\.(SYS518|RAC0679|UnableToModifyDuringSystemPOST)$|iLO\..*\.InvalidOperationForSystemState$/;
const SEVERITIES = ['OK', 'Warning', 'Critical'];
const LONGEST_MESSAGE = 500;

/** What a BMC refused, with the key of its message. */
export class Refusal extends DriverError {
  readonly status: number;
  readonly key: string;

  constructor(code: DriverErrorCode, message: string, facts: { status: number; key: string }) {
    super(code, message);
    this.status = facts.status;
    this.key = facts.key;
  }
}

/** Whether a refusal says that the BMC will take the same a little later. */
export function isNotYet({ status, body }: Pick<HttpReply, 'status' | 'body'>): boolean {
  return status >= 400 && NOT_YET.test(extendedMessage(body).message_id);
}

/** The error of a reply that is none of success: the most severe extended message (DSP0266 8.6), without `secrets`. */
export function refusal(
  name: string,
  what: string,
  reply: Pick<HttpReply, 'status' | 'body'>,
  secrets: readonly string[],
): Refusal {
  const { status, body } = reply;
  const { message_id, message } = extendedMessage(body);
  const key = message_id.split('.').at(-1) ?? '';
  // 401 is about who we are, whatever the message says.
  const by_message = status === 401 || !Object.hasOwn(BY_MESSAGE, key) ? undefined : BY_MESSAGE[key];
  const code = isNotYet(reply) ? 'busy' : (by_message ?? BY_STATUS[status] ?? 'rejected');
  const remedy = code === 'unauthorized' ? ' Check redfish_username and redfish_password.' : '';
  return new Refusal(
    code,
    `${name}: The BMC answered ${status} to ${what}. ${told(message, secrets)}${remedy}`.trimEnd(),
    { status, key },
  );
}

/** The most severe message of an error's body; texts are empty where it has none. */
export function extendedMessage(body: unknown): { message_id: string; message: string } {
  const error = isObject(body) && isObject(body.error) ? body.error : {};
  const info = error['@Message.ExtendedInfo'];
  // Some services send one message instead of a list.
  const messages = (Array.isArray(info) ? info : [info]).filter(isObject);
  const worst = mostSevere(messages);
  return {
    message_id: (worst && textIn(worst, 'MessageId')) ?? textIn(error, 'code') ?? '',
    message: (worst && textIn(worst, 'Message')) ?? textIn(error, 'message') ?? '',
  };
}

/** The most severe message of a task, for people; empty: it has none. */
export function taskMessage(task: object): string {
  const messages = arrayIn(task, 'Messages').filter(isObject);
  const worst = mostSevere(messages.filter((each) => (textIn(each, 'Message') ?? '') !== ''));
  return (worst && textIn(worst, 'Message')) ?? '';
}

/** The first of the worst. */
function mostSevere(messages: readonly object[]): object | null {
  const severity = (each: object): number =>
    SEVERITIES.indexOf(textIn(each, 'MessageSeverity') ?? textIn(each, 'Severity') ?? '');
  return messages.reduce<object | null>(
    (found, each) => (found === null || severity(each) > severity(found) ? each : found),
    null,
  );
}

/** A text of the BMC as it may be told: short, printable, without secrets. */
export function told(text: string, secrets: readonly string[]): string {
  let safe = text;
  for (const secret of secrets) if (secret !== '') safe = safe.replaceAll(secret, '***');
  return safe.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, LONGEST_MESSAGE);
}
