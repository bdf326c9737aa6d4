import { generate } from 'selfsigned';

export interface Certificate {
  /** PEM. */
  cert: string;
  key: string;
}

const DAY_MS = 24 * 3600 * 1000;
/** As the agent does: clocks of servers and services differ. */
const CLOCK_SKEW_MS = 3600 * 1000;

/** A certificate that an agent makes for itself and is valid for one IP address, or for others too. */
export async function selfSignedCertificate(
  address: string,
  now_ms: number,
  others: readonly string[] = [],
): Promise<Certificate> {
  const made = await generate([{ name: 'commonName', value: address }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(now_ms - CLOCK_SKEW_MS),
    notAfterDate: new Date(now_ms + 90 * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [address, ...others].map((ip) => ({ type: 7 as const, ip })) },
    ],
  });
  return { cert: made.cert, key: made.private };
}
