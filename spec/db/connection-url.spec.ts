import { expect } from 'chai';
import { parseConnection } from '../../db/connection-url.ts';

describe('parseConnection', () => {
  const cases = {
    'sqlite://:memory:': ':memory:',
    'sqlite:///var/lib/k.sqlite': '/var/lib/k.sqlite',
    'sqlite:////var/lib/k.sqlite': '/var/lib/k.sqlite',
    'sqlite://k.sqlite': 'k.sqlite',
  };
  for (const [url, filename] of Object.entries(cases))
    it(`reads ${url}`, () => {
      expect(parseConnection(url)).to.deep.equal({ engine: 'sqlite', filename });
    });

  for (const scheme of ['mysql', 'mariadb', 'mysql+pymysql'])
    it(`reads ${scheme}://, quoted characters and all`, () => {
      expect(
        parseConnection(`${scheme}://us%40er:p%2Fa%3Ass@[::1]:3307/na%20me?ssl_ca=/etc/ca.pem`),
      ).to.deep.equal({
        engine: 'mysql',
        address: {
          host: '::1',
          port: 3307,
          user: 'us@er',
          password: 'p/a:ss',
          database: 'na me',
          ssl_ca: '/etc/ca.pem',
        },
      });
    });

  it('has the port that MariaDB has', () => {
    expect(parseConnection('mysql://u:p@db/name')).to.have.nested.property('address.port', 3306);
  });

  for (const url of [
    'postgresql://u:hidden@h/db',
    'mysql://u:hidden@h/',
    'mysql://u:hidden@h:x/db',
    'sqlite:',
    'sqlite:///',
    '',
  ])
    it(`refuses "${url.replace('hidden', '…')}" without the password`, () => {
      expect(() => parseConnection(url))
        .to.throw(Error, '[database]connection')
        .with.property('message')
        .not.include('hidden');
    });
});
