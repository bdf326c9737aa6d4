import type { Json } from '../lifecycle/json.ts';
import type { AuthSettings } from './auth-settings.ts';
import { CommandFailure, exitOfStatus } from './exit-codes.ts';

/** An answer that is no success, in words. Pure. */
export function refusal(
  { status, body }: { status: number; body: Json },
  { auth_type }: AuthSettings,
): CommandFailure {
  const advice = status === 401 ? ADVICE_401[auth_type] : status === 403 ? ADVICE_403 : '';
  return new CommandFailure(exitOfStatus(status), `${faultOf(body)} (HTTP ${status})${advice}`);
}

const ADVICE_403 =
  '\nThis account may not do that: use one with another role, project (OS_PROJECT_NAME) or scope (OS_SYSTEM_SCOPE=all).';

const ADVICE_401: Readonly<Record<AuthSettings['auth_type'], string>> = {
  password: '',
  application_credential: '',
  token: '\nThe token has expired or was revoked: set OS_TOKEN to a new one (openstack token issue).',
  none: '\nThe service wants a login: unset OS_AUTH_TYPE, and set OS_AUTH_URL, OS_USERNAME and OS_PASSWORD.',
};

/** No answer at all, in words. Pure. */
export function unreachable(url: string, error: unknown): CommandFailure {
  const cause = error instanceof Error ? ((error.cause as Error | undefined) ?? error) : null;
  const code = String((cause as { code?: unknown } | null)?.code ?? cause?.name ?? '');
  const advice = ADVICE.find(([codes]) => codes.test(code))?.[1] ?? '';
  const why = cause?.message ?? '';
  const text = `${new URL(url).origin} cannot be reached: ${why}${advice === '' ? '' : `\n${advice}`}`;
  return new CommandFailure('unavailable', text, { cause: error });
}

/** What to do about an error of a connection, by its code. */
const ADVICE: readonly [codes: RegExp, text: string][] = [
  [/^ECONNREFUSED$/, 'Nothing listens there: see that the service runs, and that the URL is right.'],
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'The name is not known here: see that the URL is right.'],
  [
    /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_|CERT_UNTRUSTED)/,
    'Its certificate is of an authority that is not known here: set OS_CACERT to a PEM file with the authority.',
  ],
  [/^CERT_HAS_EXPIRED$/, 'Its certificate has expired: whoever runs the service has to renew it.'],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'Its certificate is for another name: see that the URL is right.'],
  [/^(ERR_SSL_|EPROTO)/, 'It does not speak TLS there: see whether the URL has to begin with http://.'],
  [
    /^(UND_ERR_|TimeoutError|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)/,
    'No answer came in time, or a firewall is in between.',
  ],
];

/** The reason in an error body: JSON in a string in JSON, or plain. */
function faultOf(body: Json): string {
  const { error_message, faultstring } = (body ?? {}) as { error_message?: string; faultstring?: string };
  if (faultstring !== undefined) return faultstring;
  try {
    const inner = JSON.parse(error_message ?? '{}') as { faultstring?: string; description?: string };
    return inner.faultstring ?? inner.description ?? 'The service gave no reason.';
  } catch {
    return 'The service gave no reason.';
  }
}
