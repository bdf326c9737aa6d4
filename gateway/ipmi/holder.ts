import type { Store } from '../../db/store.ts';
import type { Clock } from '../../lifecycle/clock.ts';
import { type GoodLease, leasesOver } from '../leases.ts';
import { type Notebook, note } from '../note.ts';
import type { Watch } from '../watch.ts';
import { type IpmiRequest, judgeIpmi } from './allow-list.ts';
import { type IpmiAnswer, type IpmiUpstream, type IpmiWay, openIpmiUpstream } from './upstream.ts';

export interface HolderParts extends Notebook {
  store: Notebook['store'] & Pick<Store, 'bmc_leases' | 'servers' | 'now'>;
  /** Of leases. */
  watch: Watch;
  /** The driver `ipmi`. */
  way: IpmiWay;
  clock: Clock;
  log: { info(facts: object, message: string): void; warn(facts: object, message: string): void };
}

/** What is said for the BMC where nothing is passed on to it. IPMI v2.0 5.2 */
const REFUSED: IpmiAnswer = { code: 0xd4, data: new Uint8Array(0) };

/** One open session of the holder of a lease. */
export class Holder implements AsyncDisposable {
  readonly good: GoodLease;
  readonly #parts: HolderParts;
  readonly #over = new AbortController();
  readonly #unwatch: () => void;
  #upstream: Promise<IpmiUpstream> | null = null;

  /** @param onOver called once when the lease is good for nothing any more. */
  constructor(parts: HolderParts, good: GoodLease, onOver: () => void) {
    this.#parts = parts;
    this.good = good;
    this.#unwatch = parts.watch.watch(good.lease.uuid, onOver);
  }

  /** The answer to a request; null: the lease is over, and there is none. */
  async answer(request: IpmiRequest): Promise<IpmiAnswer | null> {
    const { store, log } = this.#parts;
    const { netfn, cmd, data } = request;
    const { uuid, role } = this.good.lease;
    const judged = judgeIpmi(request, role);
    const words = { method: 'IPMI', path: `${hex(Uint8Array.of(netfn))} ${hex(Uint8Array.of(cmd))}` };
    if ('refused' in judged) {
      // Without its data: passwords may be in it.
      await note(this.#parts, this.good, { ...words, status: REFUSED.code, why: judged.refused });
      return REFUSED;
    }
    if ((await leasesOver(store, [uuid])).size > 0) return null;
    const { name } = judged;
    // Written down before it is sent: what was done is never unknown.
    await note(this.#parts, this.good, { ...words, name, data: hex(data), status: null, why: null });
    try {
      this.#upstream ??= openIpmiUpstream(this.#parts.way, this.good);
      const upstream = await this.#upstream;
      return await upstream.ask(netfn, cmd, data, this.#over.signal);
    } catch (error) {
      if (this.#over.signal.aborted) return null;
      log.info({ lease: uuid, err: error }, 'a BMC did not answer the gateway');
      return { code: 0xce, data: new Uint8Array(0) };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unwatch();
    this.#over.abort(new Error('The session is over.'));
    const upstream = await this.#upstream?.catch(() => null);
    await upstream?.[Symbol.asyncDispose]();
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
