import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { IpmiGateway, type IpmiGatewayOptions } from './gateway.ts';

export interface IpmiListener extends AsyncDisposable {
  readonly gateway: IpmiGateway;
  readonly port: number;
}

const RECEIVE_BUFFER = 1024 * 1024;

/** The gateway's UDP socket. @throws Error when the address is taken or not ours. */
export async function listenIpmi(
  options: IpmiGatewayOptions,
  { host_ip, port }: { host_ip: string; port: number },
): Promise<IpmiListener> {
  const socket = createSocket({ type: isIPv6(host_ip) ? 'udp6' : 'udp4', recvBufferSize: RECEIVE_BUFFER });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address: host_ip, port, exclusive: true }, () => {
      socket.off('error', reject);
      resolve();
    });
  });
  // A reply that cannot be sent is a reply that was lost: the console asks again.
  const gateway = new IpmiGateway(options, socket.address().port, (datagram, to) =>
    socket.send(datagram, to.port, to.address, () => {}),
  );
  socket.on('error', (error) => options.log.warn({ err: error }, 'the socket of the IPMI gateway failed'));
  socket.on('message', (datagram, from) => gateway.receive(datagram, from));
  return {
    gateway,
    port: socket.address().port,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}
