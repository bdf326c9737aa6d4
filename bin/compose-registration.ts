import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { ConductorClient } from '../conductor/client.ts';
import type { Settings } from '../config/options.ts';
import type { Base } from './compose-base.ts';
import type { Parts } from './parts.ts';
import { StartError } from './start-error.ts';

/** Starts the service through which servers register, if it is enabled. Resolves with `host:port`, or null. */
export async function composeRegistration(
  parts: Parts,
  { settings, clock, log }: Base,
  conductor: Pick<ConductorClient, 'register' | 'registrationProgress'>,
  embedded: boolean,
): Promise<string | null> {
  const { enabled, host_ip, port } = settings.registration;
  if (!enabled) return null;
  const tls = await registrationTls(settings, embedded);
  // gRPC takes 12 MiB, which an API without it does not spend.
  const { startRegistration } = await import('../api/registration/server.ts');
  try {
    const server = parts.own(await startRegistration({ settings, conductor, clock, log, tls }));
    return `${host_ip}:${server.port}`;
  } catch (error) {
    throw new StartError(
      `The registration service cannot start on ${host_ip} port ${port}: ${(error as Error).message} See [registration]host_ip, port, cert_file and key_file.`,
    );
  }
}

/**
 * The certificate and key of the registration service: its own files, those of the API, or ones that are made in state_path.
 * @throws StartError
 */
export async function registrationTls(
  settings: Settings,
  embedded: boolean,
): Promise<{ cert: string; key: string }> {
  const { cert_file, key_file } =
    settings.registration.cert_file === '' ? settings.ssl : settings.registration;
  if (cert_file === '' && embedded) return ownCertificate(settings);
  if (cert_file === '' || key_file === '')
    throw new StartError(
      '[registration]enabled needs a certificate: set [registration]cert_file and key_file, or those of [ssl].',
    );
  try {
    return { cert: await readFile(cert_file, 'utf8'), key: await readFile(key_file, 'utf8') };
  } catch (error) {
    throw new StartError(`A file of the registration service cannot be read: ${(error as Error).message}`);
  }
}

/** What agents compare with the service's certificate: the SHA-256 of it, hexadecimal. */
export function fingerprintOf(cert: string): string {
  return new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();
}

const YEARS_MS = 10 * 365 * 86_400_000;

/** The certificate that an embedded service made for itself; agents know it by its fingerprint. */
async function ownCertificate({ DEFAULT, registration }: Settings): Promise<{ cert: string; key: string }> {
  const cert_file = join(DEFAULT.state_path, 'registration-cert.pem');
  const key_file = join(DEFAULT.state_path, 'registration-key.pem');
  if (existsSync(cert_file) && existsSync(key_file))
    return { cert: await readFile(cert_file, 'utf8'), key: await readFile(key_file, 'utf8') };
  const { generate } = await import('selfsigned');
  const now = Date.now();
  const made = await generate([{ name: 'commonName', value: 'kurogane registration' }], {
    ...{ keyType: 'ec', curve: 'P-256', algorithm: 'sha256' },
    notBeforeDate: new Date(now - 3_600_000),
    notAfterDate: new Date(now + YEARS_MS),
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 2, value: hostname() },
          { type: 7, ip: registration.host_ip },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  await mkdir(DEFAULT.state_path, { recursive: true, mode: 0o700 });
  await writeFile(key_file, made.private, { mode: 0o600 });
  await writeFile(cert_file, made.cert);
  return { cert: made.cert, key: made.private };
}
