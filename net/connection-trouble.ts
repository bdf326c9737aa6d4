/** Why a request had no answer. */
export interface ConnectionTrouble {
  /** Of Node, OpenSSL or undici. Messages may hold more than one should tell. */
  code: string;
  /** The other side's certificate was refused, its name is not known, or the connection broke or never was. */
  kind: 'certificate' | 'name' | 'connection';
  /** The other side may have got the request. */
  sent: boolean;
}

const CERTIFICATE_PROBLEMS = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL/;
const UNRESOLVED: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN']);
const NEVER_SENT: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'],
  ...UNRESOLVED,
]);

/** Reads what fetch or undici threw, to its innermost cause. */
export function connectionTrouble(error: unknown): ConnectionTrouble {
  let code = 'connection broken';
  for (let each = error; each instanceof Error; each = each.cause)
    if ('code' in each && typeof each.code === 'string') code = each.code;
  if (CERTIFICATE_PROBLEMS.test(code)) return { code, kind: 'certificate', sent: false };
  return { code, kind: UNRESOLVED.has(code) ? 'name' : 'connection', sent: !NEVER_SENT.has(code) };
}
