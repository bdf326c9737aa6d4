import { expect } from 'chai';
import fc from 'fast-check';
import { loadSettings, SettingsError, type SettingsSources } from '../../config/load-settings.ts';
import { OPTIONS, type Option } from '../../config/options.ts';

describe('loadSettings', () => {
  const fromFile = (text: string, env: SettingsSources['env'] = {}) =>
    loadSettings({ file: { path: 'kurogane.yaml', text }, env });

  function problemsOf(load: () => unknown): string[] {
    try {
      load();
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      return error.problems.map(({ place, message }) => `${place}: ${message}`);
    }
    throw new Error('The settings were accepted.');
  }

  it('gives every option its default when nothing is said', () => {
    const settings: Record<string, Record<string, unknown>> = loadSettings({ env: {} });
    for (const [group, options] of Object.entries<Record<string, Option>>(OPTIONS)) {
      for (const [key, option] of Object.entries(options)) {
        expect(settings[group]?.[key], `[${group}]${key}`).to.deep.equal(option.default);
      }
    }
  });

  it('has defaults that its own checks accept', () => {
    for (const [group, options] of Object.entries<Record<string, Option>>(OPTIONS)) {
      for (const [key, option] of Object.entries(options)) {
        expect(() => fromFile(JSON.stringify({ [group]: { [key]: option.default } })), key).not.to.throw();
      }
    }
  });

  it('reads YAML, JSON and variables, and lets variables win', () => {
    const yaml =
      'api:\n  port: 7000\n  max_limit: 50\nDEFAULT:\n  enabled_hardware_types: [ipmi, fake-hardware]\n';
    const settings = fromFile(yaml, {
      KUROGANE_API__PORT: '7001',
      KUROGANE_CONDUCTOR__AUTOMATED_CLEAN: 'no',
    });
    expect(settings.api.port).to.equal(7001);
    expect(settings.api.max_limit).to.equal(50);
    expect(settings.DEFAULT.enabled_hardware_types).to.deep.equal(['ipmi', 'fake-hardware']);
    expect(settings.conductor.automated_clean).to.equal(false);
    expect(fromFile('{"api": {"port": 7002}}').api.port).to.equal(7002);
  });

  it('takes lists from variables, numbers in lists as texts, and [DEFAULT] in capitals', () => {
    const settings = fromFile('ipmi:\n  cipher_suite_versions: [3]\n', {
      KUROGANE_DEFAULT__ENABLED_BOOT_INTERFACES: 'pxe, ipxe',
      KUROGANE_DEFAULT__ENABLED_POWER_INTERFACES: '',
    });
    expect(settings.ipmi.cipher_suite_versions).to.deep.equal(['3']);
    expect(settings.DEFAULT.enabled_boot_interfaces).to.deep.equal(['pxe', 'ipxe']);
    expect(settings.DEFAULT.enabled_power_interfaces).to.deep.equal([]);
  });

  it('accepts an empty file and an empty group', () => {
    expect(fromFile('').api.port).to.equal(6385);
    expect(fromFile('api:\n').api.port).to.equal(6385);
  });

  it('is frozen to the last list', () => {
    const settings = loadSettings({ env: {} });
    expect(settings).to.be.frozen;
    expect(settings.api).to.be.frozen;
    expect(settings.DEFAULT.enabled_boot_interfaces).to.be.frozen;
  });

  it('reports every problem at once, each with its place and what is allowed', () => {
    const problems = problemsOf(() =>
      fromFile(
        [
          'apii:',
          '  port: 1',
          'api:',
          '  prt: 1',
          '  port: 99999',
          '  lease_timeout: 5',
          'DEFAULT:',
          '  auth_strategy: basic',
          'conductor:',
          '  automated_clean: 7',
        ].join('\n'),
        {
          KUROGANE_CONDUCTOR__LEASE_TIMEOUT: 'soon',
          KUROGANE_NOPE__X: '1',
          KUROGANE_API_PORT: '6385',
          PATH: '/bin',
        },
      ),
    );
    expect(problems).to.have.members([
      'kurogane.yaml:1:1: unknown group: apii. Did you mean api?',
      'kurogane.yaml:4:3: unknown key in [api]: prt. Did you mean port?',
      'kurogane.yaml:5:3: [api]port must be a whole number from 0 to 65535, not 99999.',
      'kurogane.yaml:6:3: unknown key in [api]: lease_timeout. It belongs to [conductor].',
      'kurogane.yaml:8:3: [DEFAULT]auth_strategy must be one of keystone, http_basic, noauth, not "basic".',
      'kurogane.yaml:10:3: [conductor]automated_clean must be true or false, not a number.',
      'KUROGANE_CONDUCTOR__LEASE_TIMEOUT: [conductor]lease_timeout must be a whole number, at least 1, not "soon".',
      `KUROGANE_NOPE__X: unknown group: nope. Allowed: ${Object.keys(OPTIONS).join(', ')}.`,
      'KUROGANE_API_PORT: is not read. Did you mean KUROGANE_API__PORT?',
    ]);
  });

  it('says where the syntax of the file is wrong without quoting it', () => {
    const problems = problemsOf(() => fromFile('database:\n  connection: "mysql://u:hunter2@h\n'));
    expect(problems.join('\n')).to.match(/^kurogane\.yaml:\d+:\d+: is not valid YAML or JSON/);
    expect(problems.join('\n')).not.to.contain('hunter2');
  });

  it('names duplicate keys, roots that are no map and contradictions', () => {
    expect(problemsOf(() => fromFile('api:\n  port: 1\n  port: 2\n'))).to.have.length(1);
    expect(problemsOf(() => fromFile('- a\n'))[0]).to.contain('groups of settings');
    expect(problemsOf(() => fromFile('api: 5\n'))[0]).to.contain('[api] must hold keys');
    expect(problemsOf(() => fromFile('conductor:\n  heartbeat_timeout: 5\n'))[0]).to.contain(
      'heartbeat_interval',
    );
  });

  it('never repeats a value given for a secret', () => {
    const secrets = Object.entries<Record<string, Option>>(OPTIONS).flatMap(([group, options]) =>
      Object.entries(options)
        .filter(([, option]) => option.type === 'string' && option.secret === true)
        .map(([key]) => [group, key] as const),
    );
    expect(secrets.length).to.be.greaterThan(3);
    for (const [group, key] of secrets) {
      for (const value of [8_675_309, ['8675309'], { x: '8675309' }]) {
        const problems = problemsOf(() => fromFile(JSON.stringify({ [group]: { [key]: value } })));
        expect(problems.join('\n')).to.contain(`[${group}]${key}`).and.not.contain('8675309');
      }
    }
  });

  it('answers any text with settings or a SettingsError', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          fromFile(text);
        } catch (error) {
          expect(error).to.be.instanceOf(SettingsError);
        }
      }),
    );
  });

  it('refuses alias bombs', () => {
    const levels = ['a: &a [x, x, x, x, x, x, x, x, x]'];
    for (const [from, to] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg'].map((pair) => [...pair])) {
      levels.push(`${to}: &${to} [${Array(9).fill(`*${from}`).join(', ')}]`);
    }
    expect(problemsOf(() => fromFile(`api:\n  ${levels.join('\n  ')}\n  port: *g\n`)).join('\n')).to.contain(
      'port',
    );
  });
});
