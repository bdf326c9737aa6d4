import { expect } from 'chai';
import { generate } from 'selfsigned';
import { systemClock } from '../../../config/system-clock.ts';
import { type CallOptions, type CertificateControl, DriverError } from '../../../drivers/contract.ts';
import { certificateProblem, type TrustedBy } from '../../../drivers/redfish/certificates.ts';
import { createRedfishDriver } from '../../../drivers/redfish/driver.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { type Certificate, selfSignedCertificate } from '../../../rack/certificate.ts';
import type { RedfishServer } from '../../../rack/redfish/redfish-rack.ts';
import { recordingContext } from '../../contract/driver-bench.ts';
import { QUICK_OPTIONS, type QuickRack, quickRack } from './redfish-bench.ts';

const PATIENT: CallOptions = { timeout_ms: 10_000 };
const ADDRESS = '127.0.0.1';
const DAY_MS = 86_400_000;

async function signed(by: Certificate, facts: { address?: string; ca?: boolean; days?: number } = {}) {
  const now = systemClock.now();
  const days = facts.days ?? 30;
  const made = await generate([{ name: 'commonName', value: facts.address ?? ADDRESS }], {
    ...{ keyType: 'ec', curve: 'P-256', algorithm: 'sha256' },
    notBeforeDate: new Date(now + Math.min(0, days) * 2 * DAY_MS - DAY_MS),
    notAfterDate: new Date(now + days * DAY_MS),
    ca: { key: by.key, cert: by.cert },
    extensions: [
      { name: 'basicConstraints', cA: facts.ca === true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: facts.address ?? ADDRESS }] },
    ],
  });
  return { cert: made.cert, key: made.private };
}

describe('redfish driver: the certificates of a BMC', () => {
  let rack: QuickRack;
  let server: RedfishServer;
  let authority: Certificate;

  before(async () => {
    authority = await selfSignedCertificate(ADDRESS, systemClock.now());
    rack = await quickRack({ count: 1, certificate: authority });
    server = rack.server(0);
  });
  after(() => rack[Symbol.asyncDispose]());

  async function using<T>(
    work: (control: CertificateControl) => Promise<T>,
    more: JsonObject = {},
  ): Promise<T> {
    await using driver = createRedfishDriver(recordingContext().context, QUICK_OPTIONS);
    const parsed = driver.parse({ ...rack.driver_info(0), ...more });
    if (!('info' in parsed)) throw new Error(parsed.problems.join());
    await using connection = await driver.connect(parsed.info, PATIENT);
    if (connection.certificates === undefined) throw new Error('no certificates');
    return await work(connection.certificates);
  }

  it('are told', async () => {
    const [shown, ...others] = await using((control) => control.list(PATIENT));
    expect(others).to.deep.equal([]);
    expect(shown).to.include({ subject: ADDRESS, issuer: ADDRESS, pem: authority.cert });
    expect(shown?.usage).to.deep.equal(['Web']);
  });

  it('are requested of the BMC, which keeps the key', async () => {
    const subject = { common_name: 'bmc1.example.com', alternative_names: ['DNS:bmc1'], country: 'JP' };
    const csr = await using((control) => control.request(subject, PATIENT));
    expect(csr).to.contain('BEGIN CERTIFICATE REQUEST');
    expect(server.redfish.state.certificates.asked.at(-1)).to.include({
      ...{ CommonName: 'bmc1.example.com', Country: 'JP' },
    });
  });

  it('are replaced by one that the driver believes, and by no other', async () => {
    const good = await signed(authority);
    await using((control) => control.replace(good.cert, PATIENT));
    expect(server.redfish.state.certificates.certificate).to.equal(good.cert);
    const stranger = await selfSignedCertificate(ADDRESS, systemClock.now());
    const refused = await using((control) =>
      control.replace(stranger.cert, PATIENT).catch((error: Error) => error),
    );
    expect(refused).to.be.instanceOf(DriverError).and.include({ code: 'rejected' });
    expect((refused as Error).message).to.contain('Nothing was changed');
    expect(server.redfish.state.certificates.certificate).to.equal(good.cert);
    await using((control) => control.replace(stranger.cert, PATIENT), { redfish_verify_ca: false });
    expect(server.redfish.state.certificates.certificate).to.equal(stranger.cert);
  });

  it('are unsupported where the BMC has no service for them', async () => {
    const { certificates } = server.redfish.state;
    const { read } = certificates;
    certificates.read = () => null;
    try {
      const refused = await using((control) =>
        control.request({ common_name: 'x' }, PATIENT).catch((error: Error) => error),
      );
      expect(refused).to.be.instanceOf(DriverError);
    } finally {
      certificates.read = read;
    }
  });

  it('are judged by time, name and signature', async () => {
    const now = new Date(systemClock.now());
    const middle = await signed(authority, { ca: true, address: '192.0.2.1' });
    const leaf = await signed(middle);
    const good = await signed(authority);
    const cases: [pem: string, hostname: string, trusted_by: TrustedBy, problem: string | null][] = [
      [good.cert, ADDRESS, authority.cert, null],
      [`${leaf.cert}\n${middle.cert}`, ADDRESS, authority.cert, null],
      [leaf.cert, ADDRESS, authority.cert, 'signed by none'],
      [good.cert, ADDRESS, null, 'signed by none'],
      [good.cert, '127.0.0.2', authority.cert, 'not for 127.0.0.2'],
      [good.cert, 'bmc.example.com', authority.cert, 'not for bmc.example.com'],
      [(await signed(authority, { days: -1 })).cert, ADDRESS, false, 'is valid from'],
      [
        '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
        ADDRESS,
        false,
        'no certificate in PEM',
      ],
      ['', ADDRESS, false, 'no certificate in PEM'],
    ];
    for (const [pem, hostname, trusted_by, problem] of cases) {
      const found = certificateProblem(pem, hostname, trusted_by, now);
      if (problem === null) expect(found).to.equal(null);
      else expect(found).to.contain(problem);
    }
  });
});
