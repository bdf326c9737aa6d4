import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, credentials, loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { expect } from 'chai';
import { REGISTRATION_PROTO } from '../../../api/registration/proto.ts';
import { projectRoot } from '../../../config/project-root.ts';
import { systemClock } from '../../../config/system-clock.ts';
import { serviceError } from '../../../lifecycle/errors.ts';
import {
  CallRefused,
  openRegistrationClient,
  type RegistrationClient,
} from '../../../rack/registration-client.ts';
import { rackedServers } from '../../registration/racked-servers.ts';
import { ANSWER, CA_FILE, type StubService, startStubService } from './start-stub.ts';

const CA = readFileSync(CA_FILE, 'utf8');
const [SERVER] = rackedServers(1, []);
const FACTS = SERVER?.facts(SERVER.card) ?? {};

describe('S20 S64 the registration service', () => {
  let stub: StubService;
  let client: RegistrationClient;
  const log: string[] = [];

  beforeEach(async () => {
    log.length = 0;
    const say = (facts: object, message: string) => void log.push(`${message} ${JSON.stringify(facts)}`);
    stub = await startStubService({ info: say, warn: say });
    client = openRegistrationClient({
      clock: systemClock,
      proto_file: REGISTRATION_PROTO,
      target: `127.0.0.1:${stub.server.port}`,
      ca: CA,
    });
  });
  afterEach(async () => {
    client[Symbol.dispose]();
    await stub[Symbol.asyncDispose]();
  });

  const refusal = (call: Promise<unknown>): Promise<CallRefused> =>
    call.then(
      () => expect.fail('was not refused'),
      (error: unknown) => {
        if (!(error instanceof CallRefused)) throw error;
        return error;
      },
    );

  it('takes what a server tells, and gives it its orders', async () => {
    expect(await client.register('kg-t', FACTS)).to.deep.include({
      ...{ registration_uuid: 'r1', secret: 's', action: 'ACTION_GO_ON', step: '', cause: '' },
      bmc: { ...ANSWER.bmc, gateway: '', vlan_id: 0 },
    });
    const [{ report, token } = { report: null, token: '' }] = stub.seen;
    expect(token).to.equal('kg-t');
    expect(report).to.deep.include({
      serial_number: 'KR00000',
      memory_mb: 65_536,
      boot_mode: 'uefi',
      cpus: 16,
    });
    expect(report?.disks[0]).to.include({ size_bytes: 480e9 });
    expect(report?.ports[0]).to.deep.include({
      ...{ name: 'eno1', carrier: true, optic: null, ipv4_address: null },
      neighbour: { switch_name: 'leaf1', switch_port: 'Eth1', switch_id: '52:54:00:00:00:01' },
    });
    const reply = await client.report({
      registration_uuid: 'r1',
      secret: 's',
      step: 'report',
      outcome: 'OUTCOME_DONE',
    });
    expect(reply).to.deep.equal({ action: 'ACTION_POWER_OFF', step: 'report', cause: '' });
    expect(log.join('\n')).to.contain('KR00000').and.not.contain('planted').and.not.contain('kg-t');
  });

  it('cleans what goes into records and messages', async () => {
    await client.register('kg-t', {
      ...FACTS,
      serial_number: ` A\u0000B\n${'x'.repeat(300)}`,
      bmc: null,
    });
    expect(stub.seen[0]?.report.serial_number)
      .to.match(/^A B x{250,}$/)
      .and.have.length(255);
    expect(stub.seen[0]?.report.bmc).to.equal(null);
  });

  const REFUSALS: readonly [string, () => Error, number, string][] = [
    ['a forged token', () => serviceError('InvalidEnrolmentToken', {}), 16, 'InvalidEnrolmentToken'],
    [
      'a doubled UUID',
      () => serviceError('DoubledSystemUuid', { why: 'two of them' }),
      9,
      'DoubledSystemUuid',
    ],
    [
      'what is no report',
      () => serviceError('InvalidParameterValue', { why: 'no ports' }),
      3,
      'InvalidParameterValue',
    ],
    [
      'while no conductor runs',
      () => serviceError('ServiceUnavailable', { why: 'none' }),
      14,
      'ServiceUnavailable',
    ],
    ['what it did not expect, without a word of why', () => new Error('hunter2-planted'), 13, 'Internal'],
  ];
  for (const [name, error, status, code] of REFUSALS)
    it(`refuses ${name} by name`, async () => {
      stub.conductor = { ...stub.conductor, register: () => Promise.reject(error()) };
      const refused = await refusal(client.register('kg-t', FACTS));
      expect(refused).to.include({ status, code });
      expect(refused.message).to.not.contain('planted');
    });

  it('refuses words that are none of its own', async () => {
    const report = { registration_uuid: 'r1', secret: 's', step: 'dance', outcome: 'OUTCOME_DONE' };
    expect((await refusal(client.report(report))).message).to.match(/dance is none of collect, enrol/);
    expect((await refusal(client.report({ ...report, step: 'report', outcome: 0 }))).code).to.equal(
      'InvalidParameterValue',
    );
  });

  it('refuses a message that is too large, and a token that is none', async () => {
    const large = { ...FACTS, cpu_model: 'x'.repeat(300_000) };
    expect((await refusal(client.register('kg-t', large))).status).to.equal(8);
    expect((await refusal(client.register('two words', FACTS))).code).to.equal('InvalidEnrolmentToken');
    expect(stub.seen).to.deep.equal([]);
  });

  it('refuses a flood by name, and others meanwhile are served', async () => {
    await using small = await startStubService(undefined, { KUROGANE_REGISTRATION__CALLS_PER_MINUTE: '2' });
    using flood = openRegistrationClient({
      clock: systemClock,
      proto_file: REGISTRATION_PROTO,
      target: `127.0.0.1:${small.server.port}`,
      ca: CA,
    });
    const calls = await Promise.all(
      Array.from({ length: 5 }, () =>
        flood.register('kg-t', FACTS).then(
          () => 'served',
          ({ code, status }: CallRefused) => `${status} ${code}`,
        ),
      ),
    );
    expect(calls.sort()).to.deep.equal([...Array(3).fill('8 TooManyRequests'), 'served', 'served']);
    expect(small.seen).to.have.length(2);
    expect((await client.register('kg-t', FACTS)).action).to.equal('ACTION_GO_ON');
  });

  it('speaks to nobody without TLS, and to nobody who does not believe its certificate', async () => {
    const definition = loadPackageDefinition(loadSync(REGISTRATION_PROTO)) as never as Loaded;
    const plain = new definition.kurogane.registration.v1.Registration(
      `127.0.0.1:${stub.server.port}`,
      credentials.createInsecure(),
    );
    const strange = new definition.kurogane.registration.v1.Registration(
      `127.0.0.1:${stub.server.port}`,
      credentials.createSsl(),
    );
    for (const each of [plain, strange]) {
      const error = await new Promise((resolve) => each.waitForReady(Date.now() + 300, resolve));
      expect(error).to.be.instanceOf(Error);
      each.close();
    }
  });

  it('S64 tells by reflection which services it has', async () => {
    const proto = 'node_modules/@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto';
    const loaded = loadPackageDefinition(loadSync(join(projectRoot, proto))) as never as Reflection;
    const asker = new loaded.grpc.reflection.v1.ServerReflection(
      `127.0.0.1:${stub.server.port}`,
      credentials.createSsl(Buffer.from(CA)),
    );
    const stream = asker.serverReflectionInfo();
    stream.write({ listServices: '' });
    const reply = await new Promise<Services>((resolve, reject) => {
      stream.on('data', resolve);
      stream.on('error', reject);
    });
    stream.end();
    asker.close();
    expect(reply.listServicesResponse.service.map(({ name }) => name)).to.include(
      'kurogane.registration.v1.Registration',
    );
  });
});

type Constructor<T> = new (target: string, given: unknown) => T;
interface Loaded {
  kurogane: { registration: { v1: { Registration: Constructor<Client> } } };
}
interface Services {
  listServicesResponse: { service: { name: string }[] };
}
interface Reflection {
  grpc: {
    reflection: {
      v1: {
        ServerReflection: Constructor<
          Client & { serverReflectionInfo(): NodeJS.ReadWriteStream & { write(m: object): void } }
        >;
      };
    };
  };
}
