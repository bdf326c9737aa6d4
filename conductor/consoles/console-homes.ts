import type { Store } from '../../db/store.ts';
import { DriverError } from '../../drivers/contract.ts';
import type { Clock } from '../../lifecycle/clock.ts';
import type { Placed, Placement } from '../placement.ts';
import { type ConsoleLink, callLink, watchLink } from './link-client.ts';
import type { SerialConsoles } from './serial-consoles.ts';
import type { Attachment, ConsoleViewer, ConsoleWay } from './viewer.ts';

/** Where a node's console listens. */
export interface ConsolePlace {
  /** The conductor that has it. */
  conductor: string;
  url: string;
}

export interface ConsoleHomesDeps {
  store: Pick<Store, 'console_links'>;
  placement: Pick<Placement, 'hostOf'>;
  clock: Clock;
  /** The serial ports of the conductor in this process; null: there is none. */
  own: { hostname: string; consoles: SerialConsoles } | null;
}

/**
 * The serial consoles of all nodes. Each is kept by the conductor that the hash ring gives the node to, whichever process asks: so the
 * BMC sees one session, and all who look see the same.
 */
export class ConsoleHomes implements ConsoleWay {
  readonly #deps: ConsoleHomesDeps;

  constructor(deps: ConsoleHomesDeps) {
    this.#deps = deps;
  }

  async attach(node: Placed, viewer: ConsoleViewer, take_over: boolean): Promise<Attachment> {
    const { home, own } = await this.#homeOf(node);
    if (own !== null) return await own.attach(node.uuid, viewer, take_over);
    const question = { ask: 'attach', node: node.uuid, take_over } as const;
    return await watchLink(await this.#linkOf(home), question, viewer, this.#deps.clock);
  }

  /** Keeps a node's console open. @throws DriverError */
  async keep(node: Placed): Promise<ConsolePlace> {
    const { home, own } = await this.#homeOf(node);
    const url =
      own !== null
        ? await own.keep(node.uuid)
        : await callLink(await this.#linkOf(home), { ask: 'keep', node: node.uuid });
    if (url === null) throw new DriverError('unreachable', `The conductor ${home} keeps no console.`);
    return { conductor: home, url };
  }

  /** Keeps it no more. One whose conductor cannot be asked sees itself that it is to be kept no more. @throws DriverError */
  async release(node: Placed): Promise<void> {
    try {
      const { home, own } = await this.#homeOf(node);
      if (own !== null) await own.release(node.uuid);
      else await callLink(await this.#linkOf(home), { ask: 'release', node: node.uuid });
    } catch (error) {
      if (!(error instanceof DriverError) || error.code !== 'unreachable') throw error;
    }
  }

  /** Where the node's console is; null: nowhere, or with a conductor that does not answer. */
  async place(node: Placed): Promise<ConsolePlace | null> {
    try {
      const { home, own } = await this.#homeOf(node);
      const url =
        own !== null
          ? own.urlOf(node.uuid)
          : await callLink(await this.#linkOf(home), { ask: 'place', node: node.uuid });
      return url === null ? null : { conductor: home, url };
    } catch (error) {
      if (error instanceof DriverError) return null;
      throw error;
    }
  }

  async #homeOf(node: Placed): Promise<{ home: string; own: SerialConsoles | null }> {
    const { placement, own } = this.#deps;
    const home = await placement.hostOf(node);
    if (home === null)
      throw new DriverError(
        'unreachable',
        `No conductor that is alive serves the driver ${node.driver}. Start one.`,
      );
    return { home, own: own?.hostname === home ? own.consoles : null };
  }

  async #linkOf(home: string): Promise<ConsoleLink> {
    const link = await this.#deps.store.console_links.getByConductor(home);
    if (link !== null) return { ...link, secret: String(link.access.secret) };
    throw new DriverError('unreachable', `The conductor ${home} takes no consoles yet. Try again.`);
  }
}
