import { type Certificate, selfSignedCertificate } from '../certificate.ts';
import type { Machine } from '../machine.ts';
import { type RackOptions, type RackServer, startRack } from '../rack.ts';
import type { Screen } from '../screen/screen.ts';
import { RedfishBmc } from './redfish-bmc.ts';

/** A server of the rack whose BMC speaks Redfish too. */
export interface RedfishServer extends RackServer {
  redfish: RedfishBmc;
  /** For hardware type `redfish`; `redfish_verify_ca` is for the caller, who knows a file with the rack's CA. */
  redfish_info: { redfish_address: string; redfish_username: string; redfish_password: string };
}

export interface RedfishRack extends AsyncDisposable {
  readonly servers: readonly RedfishServer[];
  /** PEM of the CA of all its BMCs, which is also the certificate that they show. */
  readonly ca: string;
}

/**
 * Starts a rack of virtual servers whose BMCs speak IPMI and, on 127.0.0.1, Redfish.
 * @param options.certificate what the BMCs show instead of the rack's own.
 * @param options.screen what the graphical console of a server leads to. Default: there is none.
 */
export async function startRedfishRack(
  options: RackOptions & { certificate?: Certificate; screen?: (machine: Machine) => Screen },
): Promise<RedfishRack> {
  const address = '127.0.0.1';
  const rack = await startRack(options);
  const servers: RedfishServer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map(({ redfish }) => redfish[Symbol.asyncDispose]()));
    await rack[Symbol.asyncDispose]();
  };
  try {
    const certificate = options.certificate ?? (await selfSignedCertificate(address, options.clock.now()));
    for (const server of rack.servers) {
      const { machine, username, password } = server;
      const screen = options.screen?.(machine);
      const redfish = await RedfishBmc.start({
        ...{ machine, address, port: 0, username, password, certificate },
        ...(screen === undefined ? {} : { screen }),
      });
      servers.push({
        ...server,
        redfish,
        redfish_info: {
          redfish_address: redfish.url,
          redfish_username: username,
          redfish_password: password,
        },
      });
    }
    return { servers, ca: certificate.cert, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
