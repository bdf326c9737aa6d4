import { expect } from 'chai';
import { parseDriverInfo } from '../../../drivers/redfish/driver-info.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';

describe('redfish driver_info', () => {
  const info = (driver_info: JsonObject) => {
    const parsed = parseDriverInfo(driver_info);
    if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
    return parsed.info;
  };
  const problems = (driver_info: JsonObject): readonly string[] => {
    const parsed = parseDriverInfo(driver_info);
    return 'problems' in parsed ? parsed.problems : [];
  };

  for (const [redfish_address, origin] of [
    ['bmc.example.org', 'https://bmc.example.org'],
    ['192.0.2.7:8443', 'https://192.0.2.7:8443'],
    ['https://192.0.2.7/redfish/v1', 'https://192.0.2.7'],
    ['http://192.0.2.7', 'http://192.0.2.7'],
    ['2001:db8::7', 'https://[2001:db8::7]'],
    ['[2001:db8::7]:8443', 'https://[2001:db8::7]:8443'],
  ] as const)
    it(`understands the address ${redfish_address}`, () => {
      expect(info({ redfish_address }).origin).to.equal(origin);
    });

  for (const redfish_address of ['ftp://bmc', 'https://user:s3cret@bmc', 'https://', 'a b'])
    it(`refuses the address ${redfish_address} without telling it`, () => {
      const [problem = ''] = problems({ redfish_address });
      expect(problem).to.contain('redfish_address').and.not.to.contain('s3cret');
    });

  for (const [value, verify_ca] of [
    [true, true],
    ['True', true],
    [false, false],
    ['no', false],
    [0, false],
    ['/etc/ssl/bmc.pem', '/etc/ssl/bmc.pem'],
  ] as const)
    it(`understands redfish_verify_ca ${value}`, () => {
      expect(info({ redfish_address: 'bmc', redfish_verify_ca: value }).verify_ca).to.equal(verify_ca);
    });

  it('checks certificates, logs in as the settings say and looks for the system when it is told nothing', () => {
    expect(info({ redfish_address: 'bmc' })).to.deep.equal({
      origin: 'https://bmc',
      system_id: null,
      username: '',
      password: '',
      verify_ca: true,
      auth_type: null,
    });
  });

  it('names all problems at once', () => {
    const found = problems({
      redfish_verify_ca: 'perhaps',
      redfish_auth_type: 'none',
      redfish_password: 's3cret',
      redfish_system_id: 'https://elsewhere/redfish/v1/Systems/1',
    });
    for (const name of [
      ...['redfish_address', 'redfish_verify_ca', 'redfish_auth_type', 'redfish_username'],
      'redfish_system_id',
    ])
      expect(found.join('\n')).to.contain(name);
    expect(found.join()).not.to.contain('s3cret');
  });
});
