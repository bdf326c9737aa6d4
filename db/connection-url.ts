import type { MysqlAddress } from './mysql.ts';

export type DatabaseAddress =
  | { engine: 'sqlite'; filename: string }
  | { engine: 'mysql'; address: MysqlAddress };

/**
 * Reads `[database]connection`: mysql://user:password@host:port/name (also mariadb:// and SQLAlchemy's mysql+pymysql://;
 * `?ssl_ca=FILE` turns TLS on, `?unix_socket=FILE` names a socket), sqlite:///path or sqlite://:memory:. The path of a
 * file is absolute, with three slashes or with SQLAlchemy's four; `sqlite://name` is relative to the working folder.
 * @throws Error that never repeats the password.
 */
export function parseConnection(text: string): DatabaseAddress {
  if (text.startsWith('sqlite:')) return { engine: 'sqlite', filename: sqliteFile(text) };
  if (!/^(mysql|mariadb)(\+\w+)?:\/\//.test(text) || !URL.canParse(text))
    throw new Error('[database]connection is not mysql://user:password@host:port/name or sqlite:///path.');
  const url = new URL(text);
  const database = decodeURIComponent(url.pathname.slice(1));
  if (database === '')
    throw new Error('[database]connection names no database: mysql://user:password@host:port/name.');
  const socketPath = url.searchParams.get('unix_socket');
  const ssl_ca = url.searchParams.get('ssl_ca');
  return {
    engine: 'mysql',
    address: {
      host: url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1',
      port: url.port === '' ? 3306 : Number(url.port),
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      database,
      ...(socketPath === null ? {} : { socketPath }),
      ...(ssl_ca === null ? {} : { ssl_ca }),
    },
  };
}

function sqliteFile(text: string): string {
  const path = /^sqlite:\/\/(.+)$/.exec(text)?.[1]?.replace(/^\/+/, '/');
  if (path === undefined || path === '/') throw new Error('[database]connection is not sqlite:///path.');
  return path;
}
