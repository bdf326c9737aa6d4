import { expect } from 'chai';
import { isSecretName } from '../../lifecycle/secret-names.ts';

describe('isSecretName', () => {
  for (const name of [
    'ipmi_password',
    'REDFISH_PASSWORD',
    'agent_secret_token',
    'configdrive',
    'x-Auth_Token-y',
  ])
    it(`knows ${name} as a secret`, () => expect(isSecretName(name)).to.equal(true));

  for (const name of ['ipmi_address', 'ipmi_username', 'image_source', 'pass', ''])
    it(`lets "${name}" be seen`, () => expect(isSecretName(name)).to.equal(false));

  it('knows names that are secret in one field only', () => {
    expect(isSecretName('SNMP_auth_key', 'driver_info')).to.equal(true);
    expect(isSecretName('snmp_auth_key')).to.equal(false);
    expect(isSecretName('image_url', 'instance_info')).to.equal(true);
    expect(isSecretName('image_url', 'driver_info')).to.equal(false);
  });
});
