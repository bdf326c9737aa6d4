import { AwsClient } from 'aws4fetch';
import type { Clock } from '../lifecycle/clock.ts';
import { readBounded, readBytesBounded } from './read-bounded.ts';

/** Objects of one bucket that speaks S3's API: Amazon's, Swift's, MinIO's, Ceph's. */
export interface ObjectStore {
  /**
   * The object as it is now; null: there is none.
   * @throws Error that names bucket and key, and what the store says, when it cannot be had.
   */
  get(key: string): Promise<Buffer | null>;
}

export interface ObjectStoreOptions {
  /** URL of the service, without bucket. */
  endpoint: string;
  region: string;
  bucket: string;
  access_key: string;
  secret_key: string;
  /** Of a whole request. */
  timeout_ms: number;
  /** Of one object. */
  most_bytes: number;
}

const ERROR_BYTES = 64 * 1024;

/** Opens nothing before the first call. Buckets are named in the path, which every store understands. */
export function openObjectStore(options: ObjectStoreOptions, clock: Pick<Clock, 'now'>): ObjectStore {
  const { bucket, most_bytes, timeout_ms } = options;
  const endpoint = options.endpoint.replace(/\/+$/, '');
  const client = new AwsClient({
    ...{ accessKeyId: options.access_key, secretAccessKey: options.secret_key },
    ...{ service: 's3', region: options.region, retries: 0 },
  });
  return {
    async get(key) {
      const path = [bucket, ...key.split('/')].map(encodeURIComponent).join('/');
      const what = `Object ${key} of bucket ${bucket}`;
      // AWS Signature Version 4 takes a time without separators.
      const datetime = new Date(clock.now()).toISOString().replace(/[:-]|\.\d{3}/g, '');
      const request = await client.sign(`${endpoint}/${path}`, { aws: { datetime } });
      const init = { redirect: 'error' as const, signal: AbortSignal.timeout(timeout_ms) };
      try {
        const response = await fetch(request, init);
        if (response.status === 200) return await readBytesBounded(response, most_bytes);
        const code = errorCode(await readBounded(response, ERROR_BYTES));
        if (response.status === 404 && code === 'NoSuchKey') return null;
        throw new Error(`the store answers ${response.status}${code === '' ? '' : ` (${code})`}`);
      } catch (error) {
        throw new Error(`${what} cannot be read: ${causeOf(error)}.`, { cause: error });
      }
    },
  };
}

/** S3's word for what is wrong: `<Code>SignatureDoesNotMatch</Code>`. */
function errorCode(body: string): string {
  const [, code] = /<Code>([A-Za-z]{1,64})<\/Code>/.exec(body) ?? [];
  return code ?? '';
}

function causeOf(error: unknown): string {
  const { cause, message } = error as Error;
  return (cause instanceof Error ? cause.message : message).replace(/\.$/, '');
}
