import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Certifier, createCertifier, keyId } from '../conductor/certificates/certifier.ts';
import type { Settings } from '../config/options.ts';
import { StartError } from './start-error.ts';

/**
 * The key that erase certificates are signed with; null when the settings name none.
 *
 * @param make_missing embedded mode: a key is made in `state_path` when the settings name none.
 * @throws StartError
 */
export async function composeCertifier(settings: Settings, make_missing: boolean): Promise<Certifier | null> {
  const { signing_key_file } = settings.certificates;
  const path =
    signing_key_file === '' && make_missing
      ? join(settings.DEFAULT.state_path, 'certificates.key')
      : signing_key_file;
  if (path === '') return null;
  if (signing_key_file === '') await makeSigningKey(path, true);
  const pem = await readText(path);
  try {
    return createCertifier(pem);
  } catch (error) {
    throw new StartError(`[certificates]signing_key_file ${path}: ${(error as Error).message}.`);
  }
}

/**
 * `kurogane certificates make-key`: writes a new Ed25519 key (mode 0600). Resolves with words for the operator.
 *
 * @param keep_old an existing file is left as it is; else it is refused.
 * @throws StartError
 */
export async function makeSigningKey(path: string, keep_old: boolean): Promise<string> {
  const { privateKey } = generateKeyPairSync('ed25519');
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && keep_old) return '';
    throw new StartError(
      code === 'EEXIST'
        ? `${path} is there already: a key that has signed must not be lost. Name another file.`
        : `${path} cannot be written (${code}). Choose another folder or run as its owner.`,
    );
  }
  const { public_key, key_id } = createCertifier(await readText(path));
  return `${path} has a new key, ${key_id}. Publish its public half, with which certificates are checked:\n${public_key}`;
}

/** `kurogane verify-certificate`: offline. `document` is what was certified, as it was signed. */
export async function verifyCertificate(
  file: string,
  key_file: string,
): Promise<{ genuine: boolean; text: string }> {
  const certificate = parseCertificate(await readText(file), file);
  const key = await readText(key_file).then((pem) => {
    try {
      return createPublicKey(pem);
    } catch {
      throw new StartError(`${key_file} has no public key in PEM form.`);
    }
  });
  const { document, signature, key_id } = certificate;
  if (key.asymmetricKeyType !== 'ed25519') throw new StartError(`${key_file} has no Ed25519 key.`);
  if (keyId(key) !== key_id)
    return {
      genuine: false,
      text: `NOT GENUINE: it names the key ${key_id}; ${key_file} has ${keyId(key)}.`,
    };
  if (!verify(null, Buffer.from(document), key, Buffer.from(signature, 'base64')))
    return { genuine: false, text: 'NOT GENUINE: the signature does not fit the document.' };
  return { genuine: true, text: `Genuine.\n${JSON.stringify(JSON.parse(document), null, 2)}` };
}

/** @throws StartError */
function parseCertificate(text: string, file: string): Record<'document' | 'signature' | 'key_id', string> {
  let found: Record<string, unknown> = {};
  try {
    found = JSON.parse(text) as Record<string, unknown>;
  } catch {
    // Said below.
  }
  const { document, signature, key_id } = found;
  if (typeof document !== 'string' || typeof signature !== 'string' || typeof key_id !== 'string')
    throw new StartError(
      `${file} is no erase certificate: JSON with document, signature and key_id, as GET /lifecycle/v1/certificates/{uuid} gives it.`,
    );
  return { document, signature, key_id };
}

async function readText(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new StartError(`${path} cannot be read (${error.code ?? error.message}).`);
  });
}
