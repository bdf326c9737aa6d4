import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';
import type { Clock } from '../../lifecycle/clock.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { type BmcCertificate, type CertificateControl, DriverError } from '../contract.ts';
import type { Call } from './call.ts';
import { managerOf } from './manager.ts';
import { actionIn, linkIn, objectIn, type Resource, required, textIn, textsIn } from './resources.ts';
import type { System } from './system.ts';

/** What the certificate of the BMC is checked with: PEM of CAs; null: the system's; false: it is not checked. */
export type TrustedBy = string | null | false;

/**
 * The certificates of a BMC's web server (DSP0268, CertificateService). One that we would not believe is not put in place: it would
 * lock us out.
 */
export function redfishCertificates(
  system: System,
  trusted_by: TrustedBy,
  clock: Pick<Clock, 'now'>,
): CertificateControl {
  const { client } = system;

  const service = async (call: Call): Promise<Resource> => {
    const root = await client.root(call);
    const path = linkIn(root.body, 'CertificateService');
    if (path === null)
      throw new DriverError('unsupported', `${client.name}: The BMC has no CertificateService.`);
    return client.get(call, path);
  };
  /** The collection of those that HTTPS shows. */
  const shown = async (call: Call): Promise<string> => {
    const manager = await managerOf(system, call);
    const protocols = await client.get(
      call,
      required(manager, 'NetworkProtocol', linkIn(manager.body, 'NetworkProtocol')),
    );
    const certificates = linkIn(objectIn(protocols.body, 'HTTPS') ?? {}, 'Certificates');
    return required(protocols, 'HTTPS.Certificates', certificates);
  };

  return {
    list: (options) =>
      client.within(options, async (call) =>
        (await system.members(call, await shown(call))).map((each) => certificateOf(each)),
      ),
    request: (subject, options) =>
      client.within(options, async (call) => {
        const resource = await service(call);
        const action = actionIn(resource, 'CertificateService.GenerateCSR', 'KeyPairAlgorithm');
        const { target } = required(resource, '#CertificateService.GenerateCSR', action);
        const CertificateCollection = { '@odata.id': await shown(call) };
        const reply = await client.ask(call, target, { CertificateCollection, ...wordsOf(subject) });
        const csr = textIn(reply, 'CSRString');
        if (csr !== null && /^-----BEGIN CERTIFICATE REQUEST-----/.test(csr)) return csr;
        throw new DriverError(
          'rejected',
          `${client.name}: The BMC answered without a request of a certificate.`,
        );
      }),
    replace: (pem, options) =>
      client.within(options, async (call) => {
        const problem = certificateProblem(pem, client.hostname, trusted_by, new Date(clock.now()));
        if (problem !== null)
          throw new DriverError('rejected', `${client.name}: ${problem} Nothing was changed.`);
        const resource = await service(call);
        const [current] = await system.members(call, await shown(call));
        const action = actionIn(resource, 'CertificateService.ReplaceCertificate', 'CertificateType');
        const { target } = required(resource, '#CertificateService.ReplaceCertificate', action);
        const CertificateUri = {
          '@odata.id': required(resource, 'certificate to replace', current?.path ?? null),
        };
        await client.post(call, target, { CertificateString: pem, CertificateType: 'PEM', CertificateUri });
      }),
  };
}

/** Why a certificate would keep us out of the BMC, or is none; null: it would not. */
export function certificateProblem(
  pem: string,
  hostname: string,
  trusted_by: TrustedBy,
  now: Date,
): string | null {
  const chain = certificatesIn(pem);
  const [own] = chain ?? [];
  if (chain === null || own === undefined) return 'That is no certificate in PEM.';
  for (const each of chain)
    if (now < new Date(each.validFrom) || now > new Date(each.validTo))
      return `The certificate is valid from ${each.validFrom} to ${each.validTo}.`;
  if (trusted_by === false) return null;
  const names_it = isIP(hostname) === 0 ? own.checkHost(hostname) : own.checkIP(hostname);
  if (names_it === undefined) return `The certificate is not for ${hostname}, by which we reach the BMC.`;
  const anchors = certificatesIn(trusted_by ?? rootCertificates.join('\n')) ?? [];
  return leadsTo(own, chain.slice(1), anchors)
    ? null
    : 'The certificate is signed by none whom redfish_verify_ca trusts: we would no longer believe the BMC.';
}

/** null: one of them cannot be read. */
function certificatesIn(pem: string): X509Certificate[] | null {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return null;
  }
}

function leadsTo(
  certificate: X509Certificate,
  others: readonly X509Certificate[],
  anchors: readonly X509Certificate[],
): boolean {
  const signed = (by: X509Certificate): boolean =>
    certificate.checkIssued(by) && certificate.verify(by.publicKey);
  if (anchors.some((anchor) => anchor.fingerprint256 === certificate.fingerprint256 || signed(anchor)))
    return true;
  const next = others.find(signed);
  return (
    next !== undefined &&
    leadsTo(
      next,
      others.filter((each) => each !== next),
      anchors,
    )
  );
}

/** The API's words for what GenerateCSR takes. */
const WORDS = {
  common_name: 'CommonName',
  alternative_names: 'AlternativeNames',
  organization: 'Organization',
  organizational_unit: 'OrganizationalUnit',
  city: 'City',
  state: 'State',
  country: 'Country',
} as const;

function wordsOf(subject: Parameters<CertificateControl['request']>[0]): JsonObject {
  const words: JsonObject = {};
  for (const [ours, theirs] of Object.entries(WORDS)) {
    const value = subject[ours as keyof typeof WORDS];
    if (value !== undefined) words[theirs] = typeof value === 'string' ? value : [...value];
  }
  return words;
}

function certificateOf({ path, body }: Resource): BmcCertificate {
  return {
    id: textIn(body, 'Id') ?? path,
    subject: textIn(objectIn(body, 'Subject') ?? {}, 'CommonName'),
    issuer: textIn(objectIn(body, 'Issuer') ?? {}, 'CommonName'),
    valid_from: textIn(body, 'ValidNotBefore'),
    valid_until: textIn(body, 'ValidNotAfter'),
    usage: textsIn(body, 'CertificateUsageTypes') ?? [],
    pem: textIn(body, 'CertificateString'),
  };
}
