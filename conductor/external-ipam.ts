import { serviceError } from '../lifecycle/errors.ts';
import { isInNetwork } from '../lifecycle/ipv4.ts';
import { isObject, type JsonObject } from '../lifecycle/json.ts';
import type { IpPoolRecord } from '../lifecycle/registration-records.ts';
import { type JsonAnswer, openJsonHttp } from '../net/json-http.ts';

const TIMEOUT_S = 10;
const ANSWER_BYTES = 64 * 1024;

/**
 * Asks the operator's IPAM for an address: POST {pool, network, holder} → 2xx {address}. Asked twice for one holder, it has to give
 * the same one. What it gives is believed only when it is an address of the pool's network.
 * @throws NoFreeAddress when it says 409; ServiceUnavailable when it gives none
 */
export async function askExternalIpam(pool: IpPoolRecord, holder: string): Promise<string> {
  const { name, network } = pool;
  const failed = (why: string) =>
    serviceError('ServiceUnavailable', { why: `The IPAM of pool ${name} gave no address: ${why}` });
  const { body, status } = await call(pool, 'POST', { pool: name, network, holder }).catch(
    (error: unknown) => {
      throw failed(reason(error));
    },
  );
  if (status === 409) throw serviceError('NoFreeAddress', { pool: name, network });
  if (status >= 300) throw failed(`it answered with HTTP status ${status}.`);
  const address = isObject(body) ? body.address : null;
  if (typeof address !== 'string' || !isInNetwork(network, address))
    throw failed(`its answer has no "address" of ${network}.`);
  return address;
}

/**
 * Tells the operator's IPAM that a server does not have its address any more: DELETE {address, holder}. It is asked again until it
 * answers with 2xx or 404, and has to leave an address alone that it gave to another holder meanwhile.
 * @throws Error when it did not take it
 */
export async function releaseAtExternalIpam(
  pool: IpPoolRecord,
  address: string,
  holder: string | null,
): Promise<void> {
  const { status } = await call(pool, 'DELETE', { address, holder });
  if (status >= 300 && status !== 404)
    throw new Error(`The IPAM of pool ${pool.name} answered with HTTP status ${status}.`);
}

async function call(pool: IpPoolRecord, method: string, body: JsonObject): Promise<JsonAnswer> {
  const token = pool.external_auth?.token;
  const http = openJsonHttp({ cafile: '', timeout_s: TIMEOUT_S, connections: 1, most_bytes: ANSWER_BYTES });
  try {
    const headers = typeof token === 'string' ? { authorization: `Bearer ${token}` } : {};
    return await http.request(method, pool.external_url ?? '', { headers, body });
  } finally {
    await http.close();
  }
}

function reason(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error && cause.message !== '' ? cause.message : message;
}
