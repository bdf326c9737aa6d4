import { expect } from 'chai';
import { loginOf } from '../../lifecycle/profile-login.ts';

describe('the account that a profile makes', () => {
  const ROWS = [
    ['cloud-init', '#cloud-config\nusers:\n  - default\n  - name: ops\n    shell: /bin/bash\n', 'ops'],
    ['cloud-init', '#cloud-config\nusers:\n- name: "debian"\n', 'debian'],
    ['cloud-init', '#cloud-config\npackages:\n  - name: nginx\n', null],
    ['kickstart', 'rootpw --lock\nuser --groups=wheel --name=rocky --iscrypted\n', 'rocky'],
    ['preseed', 'd-i passwd/username string ubuntu\n', 'ubuntu'],
    ['ignition', '{"passwd": {"users": [{"sshAuthorizedKeys": [], "name": "core"}]}}', 'core'],
    ['preseed', 'd-i passwd/username string $(reboot)\n', null],
  ] as const;
  for (const [template_kind, template, login] of ROWS)
    it(`${template_kind}: ${template.trim().split('\n').at(-1)}`, () => {
      expect(loginOf({ template_kind, template })).to.equal(login);
    });

  it('is not known without a template', () => {
    expect(loginOf({ template_kind: null, template: null })).to.equal(null);
  });
});
