import { createHash, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RegistrationProgress } from '../../../conductor/client.ts';
import { projectRoot } from '../../../config/project-root.ts';
import type { FirmwareOrder } from '../../../lifecycle/firmware-updates.ts';
import { ANSWER, type StubService, startStubService } from '../../api/registration/start-stub.ts';
import { startAgentMachine } from './agent-machine.ts';

const CERT = readFileSync(join(projectRoot, 'spec/fixtures/tls/server.pem'));
const FINGERPRINT = new X509Certificate(CERT).fingerprint256.replaceAll(':', '').toLowerCase();

/** What leaves its parents, its session and its standard output, and would stay for a quarter of an hour. */
const stray = (seconds: string): string =>
  `echo begun\n(setsid sleep ${seconds} > /dev/null 2>&1 &)\nbash -c 'sleep ${seconds}; true'\n`;

/** Whether any process of this machine has the word as an argument. */
const lives = (word: string): boolean =>
  readdirSync('/proc').some((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(word);
    } catch {
      return false;
    }
  });

describe('scripts that the first stage runs', () => {
  let stub: StubService;
  let files: Server;
  let boot_url: string;
  let scripts: Record<string, string>;
  let posted: { path: string; body: string }[];
  let told: RegistrationProgress[];

  beforeEach(async () => {
    scripts = {};
    posted = [];
    told = [];
    stub = await startStubService();
    stub.conductor = {
      ...stub.conductor,
      registrationProgress: async (_uuid, _secret, progress) => {
        told.push(progress);
        const { cause, outcome, step } = progress;
        if (outcome === 'failed') return { action: 'stay', step, cause };
        const action = outcome === 'running' ? 'wait' : step === 'firmware' ? 'restart' : 'power-off';
        return { action, step, cause: null };
      },
    };
    files = createServer(async (request, response) => {
      const path = request.url ?? '';
      if (request.method === 'POST') {
        let body = '';
        for await (const chunk of request) body += String(chunk);
        posted.push({ path, body });
        response.end();
        return;
      }
      const found = scripts[path.split('/').at(-1) ?? ''];
      response.writeHead(found === undefined ? 404 : 200).end(found);
    });
    await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
    boot_url = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    await stub[Symbol.asyncDispose]();
    files.closeAllConnections();
    await new Promise((resolve) => files.close(resolve));
  });

  const machine = (append = '', ipmitool = '') =>
    startAgentMachine({
      ...{ target: `127.0.0.1:${stub.server.port}`, token: 'kg-agent', fingerprint: FINGERPRINT },
      ...{ append, ipmitool },
    });
  const order = (changes: Partial<FirmwareOrder> = {}): void => {
    const update = { component: 'nic', product_name: '0x15b3:0x1015', found: '14.2', wanted: '16.35' };
    const updates = [{ ...update, script: 'update-nic.sh', timeout_s: 30, ...changes }];
    stub.conductor = { ...stub.conductor, register: async () => ({ ...ANSWER, updates }) };
  };
  const failed = () => told.filter(({ outcome }) => outcome === 'failed');

  describe('S16 update firmware', () => {
    it('with what they need to know, once the BMC has its account, and then the server restarts', async () => {
      order();
      scripts['update-nic.sh'] =
        'echo "flash $FIRMWARE_COMPONENT $FIRMWARE_PRODUCT $FIRMWARE_VERSION $FIRMWARE_WANTED from $BOOT_URL"\n';
      await using it = await machine();
      const { code, stdout } = await it.register(boot_url);
      expect(code, stdout).to.equal(0);
      expect(stdout).to.contain(`flash nic 0x15b3:0x1015 14.2 16.35 from ${boot_url}`);
      const sha256 = createHash('sha256').update(scripts['update-nic.sh']).digest('hex');
      expect(stdout).to.contain(sha256);
      expect(told.map(({ outcome, step }) => `${outcome} ${step}`)).to.deep.equal([
        ...['running bmc-lan', 'running bmc-account', 'running firmware', 'done firmware'],
      ]);
      expect((await it.commands()).slice(-1)).to.deep.equal(['reboot -f']);
    });

    const FAILURES: readonly [string, string, Partial<FirmwareOrder>, RegExp][] = [
      [
        'fails',
        'echo "no such device" >&2\nexit 3\n',
        {},
        /^update-nic\.sh \(nic .* 14\.2 to 16\.35\) ended with 3: no such device$/,
      ],
      ['is not there', '', { script: 'other.sh' }, /other\.sh failed: status 404/],
      [
        'hangs',
        stray('917.25'),
        { timeout_s: 1 },
        /^update-nic\.sh did not end within 1 s: it was ended, with all that it had started/,
      ],
    ];
    for (const [name, text, changes, cause] of FAILURES)
      it(`and one that ${name} leaves the server on, with its cause`, async () => {
        order(changes);
        scripts['update-nic.sh'] = text;
        await using it = await machine();
        const { code, stdout } = await it.register(boot_url);
        expect(code, stdout).to.equal(1);
        const [last] = failed();
        expect(last).to.include({ step: 'firmware' });
        expect(last?.cause).to.match(cause);
        expect(stdout).to.contain('REGISTRATION FAILED at firmware');
        expect((await it.commands()).filter((text) => /^(reboot|poweroff)/.test(text))).to.deep.equal([]);
        if (name === 'hangs') expect(last?.log_tail).to.contain('begun');
        expect(lives('917.25')).to.equal(false);
      });
  });

  describe('that hang are ended with all that they started, and the server stays on:', () => {
    const run = async (name: string, text: string, append: string, ipmitool = '') => {
      scripts[name] = text;
      await using it = await machine(`kurogane.script_silence=1.5 ${append}`, ipmitool);
      const sha256 = createHash('sha256').update(text).digest('hex');
      const { code, stdout } = await it.script(`${boot_url}/scripts/${sha256}/${name}`, sha256);
      expect(code, stdout).to.equal(1);
      expect(stdout).to.match(/SCRIPT HANGS: \S+ said nothing for 1\.5 s: it was ended/);
      expect((await it.commands()).filter((each) => /^(reboot|poweroff)/.test(each))).to.deep.equal([]);
      return stdout;
    };

    it('before the server registered: it is on record all the same', async () => {
      await run('register.sh', stray('917.5'), '');
      expect(lives('917.5')).to.equal(false);
      expect(stub.seen).to.have.length(1);
      expect(failed().map(({ cause, step }) => `${step}: ${cause}`)).to.deep.equal([
        'collect: register.sh said nothing for 1.5 s: it was ended, with all that it had started.',
      ]);
      expect(failed()[0]?.log_tail).to.contain('begun');
    });

    it('in the middle of its registration: that one fails, where it is', async () => {
      const netmask = '"lan set 1 netmask "*) sleep 917.75 ;;';
      await run('register.sh', 'exec kurogane-agent register\n', '', netmask);
      expect(lives('917.75')).to.equal(false);
      expect(stub.seen).to.have.length(1);
      expect(failed().map(({ step }) => step)).to.deep.equal(['bmc-lan']);
    });

    it('instead of starting a profile: the boot service hears of it', async () => {
      await run('kexec.sh', stray('918.5'), 'kurogane.registration=');
      expect(lives('918.5')).to.equal(false);
      expect(posted).to.have.length(1);
      expect(posted[0]?.path).to.match(/^\/failed\?uuid=4c4c4544-/);
      expect(posted[0]?.body).to.match(/^kexec\.sh said nothing for 1\.5 s/);
    });
  });

  it('are not run when they are others than the kernel line names', async () => {
    scripts['register.sh'] = 'echo planted\n';
    await using it = await machine();
    const { code, stdout } = await it.script(`${boot_url}/scripts/register.sh`, 'a'.repeat(64));
    expect(code).to.equal(1);
    expect(stdout).to.contain('not the script with the SHA-256').and.not.contain('planted\n');
  });
});
