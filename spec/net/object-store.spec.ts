import { expect } from 'chai';
import { openObjectStore } from '../../net/object-store.ts';
import { type HttpStage, startHttpStage } from '../conductor/neighbours/http-stage.ts';

/** The example of Amazon's documentation, "Signature Calculations for the Authorization Header: Transferring Payload in a Single Chunk". */
const EXAMPLE = {
  ...{ access_key: 'AKIAIOSFODNN7EXAMPLE', secret_key: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
  ...{ region: 'us-east-1', timeout_ms: 2_000, most_bytes: 100 },
};
const AT = { now: () => Date.UTC(2013, 4, 24) };

describe('object storage', () => {
  let stage: HttpStage;
  beforeEach(() => {
    stage = startHttpStage();
  });
  afterEach(() => stage[Symbol.dispose]());

  const open = (bucket = 'boot') =>
    openObjectStore({ ...EXAMPLE, endpoint: 'https://s3.example/', bucket }, AT);
  const failure = async (key: string) => {
    const error = await open()
      .get(key)
      .catch((cause: Error) => cause);
    return error instanceof Error ? error.message : 'no failure';
  };

  it('is asked with a signature of the whole request, by keys that are percent-encoded', async () => {
    let authorization = '';
    let headers: Record<string, string> = {};
    stage
      .expect('https://s3.example')
      .get('/boot/rack%20a/register.sh')
      .reply(function () {
        headers = this.req.headers as never;
        authorization = String(this.req.headers.authorization);
        return [200, 'echo hi\n'];
      });
    expect(String(await open().get('rack a/register.sh'))).to.equal('echo hi\n');
    expect(headers['x-amz-date']).to.match(/20130524T000000Z/);
    expect(authorization).to.match(
      /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/20130524\/us-east-1\/s3\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}$/,
    );
    expect(authorization).to.not.contain(EXAMPLE.secret_key);
  });

  it('says that there is no such object, and what else the store says', async () => {
    const answer = (status: number, code: string) =>
      stage.expect('https://s3.example').get('/boot/a').reply(status, `<Error><Code>${code}</Code></Error>`);
    answer(404, 'NoSuchKey');
    expect(await open().get('a')).to.equal(null);
    answer(404, 'NoSuchBucket');
    expect(await failure('a')).to.equal(
      'Object a of bucket boot cannot be read: the store answers 404 (NoSuchBucket).',
    );
    answer(403, 'SignatureDoesNotMatch');
    expect(await failure('a')).to.contain('the store answers 403 (SignatureDoesNotMatch)');
    stage.expect('https://s3.example').get('/boot/a').reply(200, 'x'.repeat(101));
    expect(await failure('a')).to.contain('larger than 100 bytes');
    stage.expect('https://s3.example').get('/boot/a').reply(307, '', { location: 'http://192.0.2.1/' });
    expect(await failure('a')).to.match(/^Object a of bucket boot cannot be read: /);
    stage.expect('https://s3.example').get('/boot/a').replyWithError('connect ECONNREFUSED');
    expect(await failure('a')).to.contain('ECONNREFUSED');
  });
});
