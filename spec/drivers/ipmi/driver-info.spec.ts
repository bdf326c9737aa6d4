import { expect } from 'chai';
import { parseDriverInfo } from '../../../drivers/ipmi/driver-info.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';

const GOOD = { ipmi_address: '192.0.2.7', ipmi_username: 'admin', ipmi_password: 's3cret' };

function problemsOf(driver_info: JsonObject): string[] {
  const parsed = parseDriverInfo(driver_info);
  return 'problems' in parsed ? parsed.problems : [];
}

function infoOf(driver_info: JsonObject): object {
  const parsed = parseDriverInfo(driver_info);
  if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
  return parsed.info;
}

describe('driver_info of ipmi', () => {
  it("has Ironic's defaults", () => {
    expect(infoOf(GOOD)).to.deep.equal({
      address: '192.0.2.7',
      port: 623,
      username: 'admin',
      password: 's3cret',
      privilege: 4,
      protocol: 2,
      cipher_suite: null,
      hex_kg_key: null,
      force_boot_device: false,
      disable_boot_timeout: null,
      terminal_port: null,
      route: null,
    });
    expect(infoOf({ ipmi_address: 'bmc-7.example.org' })).to.deep.include({ username: '', password: '' });
  });

  it('takes numbers and flags also as strings, as clients send them', () => {
    const given = {
      ...GOOD,
      ipmi_port: '6230',
      ipmi_cipher_suite: '3',
      ipmi_priv_level: 'OPERATOR',
      ipmi_force_boot_device: 'True',
      ipmi_disable_boot_timeout: 'false',
      ipmi_hex_kg_key: '00ff',
      ipmi_protocol_version: '2.0',
      ipmi_bridging: 'no',
    };
    expect(infoOf(given)).to.deep.include({
      port: 6230,
      cipher_suite: 3,
      privilege: 3,
      force_boot_device: true,
      disable_boot_timeout: false,
      hex_kg_key: '00ff',
    });
  });

  it('reads the way to a controller behind the BMC, and needs all of it', () => {
    const single = {
      ...GOOD,
      ipmi_bridging: 'single',
      ipmi_target_channel: '0',
      ipmi_target_address: '0x82',
      ipmi_transit_address: 'not looked at',
    };
    const target = { channel: 0, address: 0x82 };
    expect(infoOf(single)).to.deep.include({ route: { hops: [target], local_address: 0x20 } });
    expect(problemsOf({ ...GOOD, ipmi_bridging: 'dual' })).to.have.lengthOf(4);
    const dual = { ...single, ipmi_bridging: 'dual', ipmi_transit_channel: 7, ipmi_transit_address: 0x24 };
    expect(infoOf({ ...dual, ipmi_local_address: '0x24' })).to.deep.include({
      route: { hops: [{ channel: 7, address: 0x24 }, target], local_address: 0x24 },
    });
  });

  it('refuses cipher suite 0 and says why', () => {
    for (const ipmi_cipher_suite of [0, '0'])
      expect(problemsOf({ ...GOOD, ipmi_cipher_suite }).join())
        .to.contain('ipmi_cipher_suite')
        .and.to.contain('without a password');
  });

  for (const [what, wrong] of Object.entries({
    'no address': { ipmi_address: '' },
    'an address with a blank': { ipmi_address: 'a b' },
    'an unknown suite': { ipmi_cipher_suite: 8 },
    'an unknown version': { ipmi_protocol_version: 'constructor' },
    'a password too long for version 1.5': { ipmi_password: 'x'.repeat(17), ipmi_protocol_version: '1.5' },
    'an unknown bridging': { ipmi_bridging: 'triple' },
    'bridging without a channel': {
      ipmi_target_channel: null,
      ipmi_bridging: 'single',
      ipmi_target_address: 0x82,
    },
    'bridging to a channel that cannot be': {
      ipmi_target_channel: 16,
      ipmi_bridging: 'single',
      ipmi_target_address: 0x82,
    },
    'bridging to an address that is none': {
      ipmi_target_address: 'behind',
      ipmi_bridging: 'single',
      ipmi_target_channel: 0,
    },
    'bridging from an address that cannot be': {
      ipmi_local_address: '0x100',
      ipmi_bridging: 'single',
      ipmi_target_channel: 0,
      ipmi_target_address: 0x82,
    },
    'a port of 0': { ipmi_port: 0 },
    'a port of 70000': { ipmi_port: '70000' },
    'an unknown level': { ipmi_priv_level: 'ROOT' },
    'an odd key': { ipmi_hex_kg_key: 'abc' },
    'a long key': { ipmi_hex_kg_key: '00'.repeat(21) },
    'a long name': { ipmi_username: 'x'.repeat(17) },
    'a long password': { ipmi_password: 'x'.repeat(21) },
    'a flag that is none': { ipmi_force_boot_device: 'perhaps' },
  } satisfies Record<string, JsonObject>))
    it(`names the property of ${what}, and no other`, () => {
      const problems = problemsOf({ ...GOOD, ...wrong });
      expect(problems).to.have.lengthOf(1);
      expect(problems[0]).to.match(new RegExp(`^${Object.keys(wrong)[0]} `));
    });

  it('tells all problems at once, and repeats no value', () => {
    const problems = problemsOf({
      ipmi_port: 'p0rt-value',
      ipmi_priv_level: 'level-value',
      ipmi_password: 'a-password-far-too-long-for-ipmi',
      ipmi_cipher_suite: 0,
    });
    expect(problems).to.have.lengthOf(5);
    expect(problems.join()).not.to.match(/p0rt-value|level-value|a-password/);
  });
});
