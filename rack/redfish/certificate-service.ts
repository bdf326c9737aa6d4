import { X509Certificate } from 'node:crypto';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import type { Area, Outcome } from './area.ts';
import { objectOf, textOf } from './area.ts';
import { collection, link, named } from './json.ts';
import { RedfishRefusal } from './redfish-error.ts';

const SERVICE = '/redfish/v1/CertificateService';

/** The certificates of a BMC. What its web server really shows does not change with them. */
export class CertificateService implements Area {
  /** PEM. */
  certificate: string;
  /** What it was asked to make requests for. */
  readonly asked: JsonObject[] = [];
  readonly #collection: string;

  /** @param collection path of the certificates of HTTPS. */
  constructor(certificate: string, collection: string) {
    this.certificate = certificate;
    this.#collection = collection;
  }

  read(path: string): JsonObject | null {
    if (path === SERVICE)
      return {
        ...named(SERVICE, 'CertificateService.v1_0_5.CertificateService', 'CertificateService'),
        Actions: {
          '#CertificateService.GenerateCSR': { target: `${SERVICE}/Actions/CertificateService.GenerateCSR` },
          '#CertificateService.ReplaceCertificate': {
            target: `${SERVICE}/Actions/CertificateService.ReplaceCertificate`,
          },
        },
      };
    if (path === this.#collection) return collection(path, 'Certificate', [`${path}/1`]);
    return path === `${this.#collection}/1` ? this.#resource(path) : null;
  }

  act(path: string, body: JsonObject): Outcome | null {
    if (path === `${SERVICE}/Actions/CertificateService.GenerateCSR`) {
      textOf(body.CommonName, 'CommonName');
      this.#refuseAnother(body.CertificateCollection ?? null, this.#collection);
      this.asked.push(body);
      const CSRString = '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n';
      return { body: { CertificateCollection: link(this.#collection), CSRString } };
    }
    if (path !== `${SERVICE}/Actions/CertificateService.ReplaceCertificate`) return null;
    const pem = textOf(body.CertificateString, 'CertificateString');
    this.#refuseAnother(body.CertificateUri ?? null, `${this.#collection}/1`);
    return {
      work: () => {
        this.certificate = pem;
      },
    };
  }

  #refuseAnother(value: Json, path: string): void {
    if (objectOf(value, 'CertificateUri')['@odata.id'] !== path)
      throw new RedfishRefusal(404, 'ResourceMissingAtURI', 'There is no such certificate.');
  }

  #resource(path: string): JsonObject {
    const { issuer, subject, validFrom, validTo } = new X509Certificate(this.certificate);
    return {
      ...named(path, 'Certificate.v1_8_0.Certificate', '1'),
      CertificateString: this.certificate,
      CertificateType: 'PEM',
      CertificateUsageTypes: ['Web'],
      Subject: { CommonName: commonName(subject) },
      Issuer: { CommonName: commonName(issuer) },
      ValidNotBefore: new Date(validFrom).toISOString(),
      ValidNotAfter: new Date(validTo).toISOString(),
    };
  }
}

function commonName(name: string | undefined): string {
  return /^CN=(.*)$/m.exec(name ?? '')?.[1] ?? '';
}
