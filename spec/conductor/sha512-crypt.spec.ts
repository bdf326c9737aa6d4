import { expect } from 'chai';
import { sha512Crypt } from '../../conductor/sha512-crypt.ts';

describe('sha512Crypt', () => {
  // Made with `openssl passwd -6 -salt saltstring`.
  const rows: [string, string][] = [
    [
      'Hello world!',
      'svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
    ],
    [
      'a very much longer text to encrypt.  This one even stretches over morethan one line.',
      '53QDttM5XFD.Uhcc3Efy7XV.zrHuvtZBT.o/f2SKV3xQtXyOrfywMwP0f2HpBrNF2SZtZsbhq.f.OV.UeVZz0.',
    ],
    ['黒鉄', '4.Kgr8gdC5SbnEwNYlm.58PoNhSpchfzs1zEzxIYy1wcfVwjCH6eUBMjzL/n3Ne6.QckK//EvK9Fv3piRB9GE0'],
  ];
  for (const [password, hash] of rows)
    it(`agrees with OpenSSL on ${password}`, () => {
      expect(sha512Crypt(password, 'saltstring')).to.equal(`$6$saltstring$${hash}`);
    });

  it('salts by chance', () => {
    expect(sha512Crypt('same')).not.to.equal(sha512Crypt('same'));
  });
});
