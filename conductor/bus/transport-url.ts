/** Where the broker is and how to be let in. Holds the password: never logged. */
export interface AmqpAddress {
  protocol: 'amqp' | 'amqps';
  hostname: string;
  port: number;
  username: string;
  password: string;
}

export interface AmqpTransport {
  /** Members of the cluster, tried in turn. */
  addresses: readonly AmqpAddress[];
  vhost: string;
  /** Put before every queue and topic name, for several installations on one vhost. */
  prefix: string;
}

export type Transport = { kind: 'memory' } | ({ kind: 'amqp' } & AmqpTransport);

const DEFAULT_PORT = { amqp: 5672, amqps: 5671 } as const;

/**
 * Reads `[oslo_messaging]transport_url`: `memory://`, or `amqp(s)://user:password@host:port[,host:port…]/vhost[?prefix=p]`.
 * A host without its own credentials takes those of the host before it. Special characters are %-encoded.
 *
 * @throws Error that never repeats the URL, since it may hold a password.
 */
export function parseTransportUrl(url: string): Transport {
  if (url === 'memory://') return { kind: 'memory' };
  const parts = /^(amqps?):\/\/([^/?#]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/.exec(url);
  const [, protocol, hosts, vhost = '', query = ''] = parts ?? [];
  if ((protocol !== 'amqp' && protocol !== 'amqps') || hosts === undefined)
    throw new Error('transport_url: expected memory:// or amqp(s)://user:password@host:port/vhost.');
  const addresses: AmqpAddress[] = [];
  for (const host of hosts.split(',')) addresses.push(parseAddress(protocol, host, addresses.at(-1)));
  return {
    kind: 'amqp',
    addresses,
    vhost: vhost === '' ? '/' : decode(vhost),
    prefix: new URLSearchParams(query).get('prefix') ?? '',
  };
}

function parseAddress(
  protocol: 'amqp' | 'amqps',
  text: string,
  previous: AmqpAddress | undefined,
): AmqpAddress {
  let url: URL;
  try {
    url = new URL(`${protocol}://${text}`);
  } catch {
    throw new Error('transport_url: a host is not of the form user:password@host:port.');
  }
  const own = url.username !== '' || url.password !== '';
  return {
    protocol,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? DEFAULT_PORT[protocol] : Number(url.port),
    username: own ? decode(url.username) : (previous?.username ?? 'guest'),
    password: own ? decode(url.password) : (previous?.password ?? 'guest'),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('transport_url: a % is not followed by two hexadecimal digits.');
  }
}
