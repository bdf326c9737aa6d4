import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createPolicy, PolicyError } from '../../../../api/openstack/policy/create-policy.ts';
import { loadSettings } from '../../../../config/load-settings.ts';
import type { Caller } from '../../../../lifecycle/caller.ts';
import { ServiceError } from '../../../../lifecycle/errors.ts';
import { CALLERS } from './policy-callers.ts';

describe('createPolicy', () => {
  const OWNED = { 'node.owner': 'project-owner', 'node.lessee': 'project-lessee' };

  function policyWith(overrides_text: string, env: Record<string, string> = {}) {
    return createPolicy({ settings: loadSettings({ env }), overrides_text });
  }

  function caller(name: string, more: Partial<Caller> = {}): Caller {
    const found = CALLERS.get(name);
    if (found === undefined) throw new Error(`no caller ${name}`);
    return { ...found, ...more };
  }

  function problemsOf(overrides_text: string): readonly string[] {
    try {
      policyWith(overrides_text);
    } catch (error) {
      if (error instanceof PolicyError) return error.problems;
      throw error;
    }
    return [];
  }

  it('authorizes with 403 NotAuthorized that names the rule', () => {
    const policy = policyWith('');
    policy.authorize('baremetal:node:get', OWNED, caller('owner_reader'));
    expect(() => policy.authorize('baremetal:node:get', OWNED, caller('stranger_admin')))
      .to.throw(ServiceError, 'baremetal:node:get')
      .with.property('status', 403);
  });

  it('throws for a rule that does not exist, also for the unrestricted', () => {
    const policy = policyWith('');
    expect(() => policy.allows('baremetal:node:nope', {}, caller('system_admin'))).to.throw('no policy rule');
    expect(() => policy.allows('nope', {}, caller('system_admin', { unrestricted: true }))).to.throw('nope');
  });

  it('lets the unrestricted do everything but see secrets', () => {
    const anyone = caller('stranger_none', { unrestricted: true });
    const policy = policyWith('');
    expect(policy.allows('baremetal:chassis:create', {}, anyone)).to.equal(true);
    expect(policy.allows('show_password', {}, anyone)).to.equal(false);
    expect(policy.allows('show_instance_secrets', {}, anyone)).to.equal(false);
    expect(policyWith('show_password: "@"').allows('show_password', {}, anyone)).to.equal(true);
  });

  it('matches no caller without a project with a node without an owner', () => {
    const policy = policyWith('"baremetal:node:get": "role:reader and project_id:%(node.owner)s"');
    for (const owner of [null, undefined]) {
      const target = owner === undefined ? {} : { 'node.owner': owner };
      expect(policy.allows('baremetal:node:get', target, caller('system_reader'))).to.equal(false);
      expect(policy.allows('baremetal:node:get', target, caller('owner_reader'))).to.equal(false);
    }
  });

  it('refuses tokens of the wrong scope unless enforce_scope is off', () => {
    const rule = 'baremetal:driver:get';
    const anybody = `"${rule}": "@"`;
    expect(policyWith(anybody).allows(rule, {}, caller('owner_admin'))).to.equal(false);
    const off = { KUROGANE_OSLO_POLICY__ENFORCE_SCOPE: 'false' };
    expect(policyWith(anybody, off).allows(rule, {}, caller('owner_admin'))).to.equal(true);
    expect(policyWith('', off).allows(rule, {}, caller('owner_admin'))).to.equal(false);
  });

  it('ors the legacy rules in when enforce_new_defaults is off, but never over an override', () => {
    const old = { KUROGANE_OSLO_POLICY__ENFORCE_NEW_DEFAULTS: 'false' };
    const any_admin = caller('stranger_admin');
    const observer = caller('stranger_none', {
      roles: ['observer'],
      project_name: 'baremetal',
      project_domain_id: 'default',
    });
    expect(policyWith('').allows('baremetal:node:get', OWNED, any_admin)).to.equal(false);
    expect(policyWith('', old).allows('baremetal:node:get', OWNED, any_admin)).to.equal(true);
    expect(policyWith('', old).allows('baremetal:node:get', OWNED, observer)).to.equal(true);
    expect(policyWith('', old).allows('baremetal:node:update', OWNED, observer)).to.equal(false);
    const overridden = policyWith('"baremetal:node:get": "role:reader and system_scope:all"', old);
    expect(overridden.allows('baremetal:node:get', OWNED, any_admin)).to.equal(false);
  });

  it('carries an override of an old rule to the rules cut out of it, unless they have their own', () => {
    const policy = policyWith('"baremetal:node:update": "!"\n"baremetal:node:update:name": "@"\n');
    const owner = caller('owner_admin');
    expect(policy.allows('baremetal:node:update', OWNED, owner)).to.equal(false);
    expect(policy.allows('baremetal:node:update:properties', OWNED, owner)).to.equal(false);
    expect(policy.allows('baremetal:node:update:name', OWNED, owner)).to.equal(true);
    expect(policy.allows('baremetal:node:update_extra', OWNED, owner)).to.equal(true);
  });

  it('takes helper rules of the file and rules for single steps', () => {
    const policy = policyWith(
      'racker: "role:racker and project_id:%(node.owner)s"\n' +
        '"baremetal:node:get": "rule:racker"\n' +
        '"baremetal:step:execute:raid.delete_configuration": "role:admin"\n',
    );
    expect(policy.allows('baremetal:node:get', OWNED, caller('owner_none', { roles: ['racker'] }))).to.equal(
      true,
    );
    expect(policy.allows('baremetal:node:get', OWNED, caller('owner_reader'))).to.equal(false);
    expect(policy.defines('baremetal:step:execute:raid.delete_configuration')).to.equal(true);
    expect(policy.defines('baremetal:step:execute:raid.create_configuration')).to.equal(false);
  });

  it('compares as Python spells None, True and False', () => {
    const rule = 'baremetal:node:get';
    const reader = caller('owner_reader');
    const verdict = (check: string, target = {}) =>
      policyWith(JSON.stringify({ [rule]: check })).allows(rule, target, reader);
    expect(verdict('None:%(node.owner)s', { 'node.owner': null })).to.equal(true);
    expect(verdict('None:%(node.owner)s', { 'node.owner': 'x' })).to.equal(false);
    expect(verdict('None:%(node.owner)s')).to.equal(false);
    expect(verdict('project_domain_id:None')).to.equal(true);
    expect(verdict('is_admin_project:True')).to.equal(true);
    expect(verdict('is_public_api:True')).to.equal(false);
    expect(verdict("'x':%(node.lessee)s", { 'node.lessee': 'x' })).to.equal(true);
    expect(verdict('project_id:%(project_id)s')).to.equal(true);
    expect(verdict('service_roles:service')).to.equal(false);
    expect(verdict('role:READER')).to.equal(true);
  });

  it('names every problem of a policy file at once', () => {
    const problems = problemsOf(
      [
        '"baremetal:node:gett": "@"',
        '"baremetal:node:get": "role:admin andd system_scope:all"',
        '"baremetal:node:list": "rule:nowhere"',
        '"baremetal:node:list_all": "(role:admin"',
        '"baremetal:node:create": "rule:baremetal:node:delete"',
        '"baremetal:node:delete": "not rule:baremetal:node:create"',
        '"baremetal:node:validate": "colour:blue"',
        '"baremetal:node:inject_nmi": "project_id:%(node.ovner)s"',
        '"baremetal:node:bios:get": 5',
      ].join('\n'),
    );
    const expected = [
      /^baremetal:node:gett: there is no such rule. Did you mean baremetal:node:get\?/,
      /^baremetal:node:get: the check has an unexpected andd at column 12/,
      /^baremetal:node:list: it refers to rule:nowhere/,
      /^baremetal:node:list_all: the check ends too early/,
      /^baremetal:node:(create|delete): it refers to itself \(.+ -> .+\)/,
      /^baremetal:node:validate: the check asks for colour/,
      /^baremetal:node:inject_nmi: the check asks for %\(node.ovner\)s/,
      /^baremetal:node:bios:get: its check must be text/,
    ];
    for (const pattern of expected)
      expect(
        problems.some((problem) => pattern.test(problem)),
        `${pattern}`,
      ).to.equal(true);
    expect(problems, problems.join('\n')).to.have.length(expected.length);
  });

  it('reads [oslo_policy]policy_file, and does not start without it when it is named', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kurogane-policy-'));
    try {
      const path = join(folder, 'policy.yaml');
      const settings = loadSettings({ env: { KUROGANE_OSLO_POLICY__POLICY_FILE: path } });
      expect(() => createPolicy({ settings })).to.throw('ENOENT');
      writeFileSync(path, '"baremetal:node:get": "!"\n');
      const policy = createPolicy({ settings });
      expect(policy.allows('baremetal:node:get', OWNED, caller('system_admin'))).to.equal(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses files that are no map of texts', () => {
    expect(problemsOf('- a')[0]).to.contain('must map');
    expect(problemsOf('a: [')[0]).to.contain('not valid YAML');
    expect(problemsOf('show_password: &a "!"\nshow_instance_secrets: *a\n')[0]).to.contain('aliases');
    expect(problemsOf('# all defaults\n')).to.deep.equal([]);
  });
});
