import { AwsClient } from 'aws4fetch';
import { expect } from 'chai';
import { bucketOf, createRunTimeScripts } from '../../boot/run-time-scripts.ts';
import { systemClock } from '../../config/system-clock.ts';
import { openObjectStore } from '../../net/object-store.ts';
import { type Swift, startSwift } from '../services/swift.ts';

describe('S13 scripts from Swift by its S3 API', () => {
  let swift: Swift;
  let put: (path: string, body?: string) => Promise<void>;
  before(async () => {
    swift = await startSwift();
    const { access_key: accessKeyId, secret_key: secretAccessKey, region, url } = swift;
    const operator = new AwsClient({ accessKeyId, secretAccessKey, region, service: 's3' });
    put = async (path, body = '') => {
      const answer = await operator.fetch(`${url}/${path}`, { method: 'PUT', body });
      if (!answer.ok) throw new Error(`PUT ${path}: ${answer.status} ${await answer.text()}`);
    };
    await put('boot');
  });
  after(() => swift[Symbol.asyncDispose]());

  const store = (changes: Partial<{ bucket: string; secret_key: string }> = {}) => {
    const { access_key, region, secret_key, url: endpoint } = swift;
    const bounds = { timeout_ms: 5_000, most_bytes: 1_000 };
    const how = { endpoint, region, access_key, secret_key, ...bounds, bucket: 'boot', ...changes };
    return openObjectStore(how, systemClock);
  };
  const failure = (asked: Promise<unknown>) =>
    asked.then(
      () => 'no failure',
      (error: Error) => error.message,
    );

  it('are the ones of now, whatever their names', async () => {
    const silent = { info() {}, warn() {} };
    const scripts = createRunTimeScripts(bucketOf(store(), 'boot', 'rack a+b/ü'), silent);
    expect(await scripts.current('register.sh')).to.equal(null);
    await put('boot/rack%20a%2Bb/%C3%BC/register.sh', 'echo one\n');
    const one = await scripts.current('register.sh');
    expect(String(one?.bytes)).to.equal('echo one\n');
    await put('boot/rack%20a%2Bb/%C3%BC/register.sh', 'echo two\n');
    const two = await scripts.current('register.sh');
    expect(String(two?.bytes)).to.equal('echo two\n');
    expect(two?.sha256).to.not.equal(one?.sha256);
  });

  it('are not had by a wrong key, from a bucket that is not there, or when they are too large', async () => {
    expect(await failure(store({ secret_key: 'another' }).get('a'))).to.contain(
      '403 (SignatureDoesNotMatch)',
    );
    expect(await failure(store({ bucket: 'nobody' }).get('a'))).to.contain('404 (NoSuchBucket)');
    await put('boot/large', 'x'.repeat(1001));
    expect(await failure(store().get('large'))).to.contain('larger than 1000 bytes');
  });
});
