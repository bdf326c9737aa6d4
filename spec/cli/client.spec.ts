import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { loadOpenApi } from '../../api/http/operations.ts';
import { COMMANDS } from '../../cli/command-table.ts';
import { cliPage } from '../../cli/docs/cli-page.ts';
import { EXIT_CODES } from '../../cli/exit-codes.ts';
import { width } from '../../cli/table.ts';
import { projectRoot } from '../../config/project-root.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { newNode } from '../builders/records.ts';
import { type ApiBench, startApiBench } from '../contract/api/api-bench.ts';
import { freePort } from '../services/free-port.ts';
import { type ClientRun, runClient } from './client-bench.ts';

interface Documented {
  operationId: string;
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
}

interface Schema {
  $ref?: string;
  properties?: Record<string, unknown>;
}

describe('S62 the commands of a client', () => {
  it('are one for every operation of the life-cycle API, with every parameter and field', async () => {
    const { document } = await loadOpenApi('lifecycle');
    const { paths, components } = JSON.parse(document) as {
      paths: Record<string, Record<string, Documented>>;
      components: { schemas: Record<string, Schema> };
    };
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([method]) => method !== 'parameters')
        .map(([method, one]) => {
          const schema = one.requestBody?.content['application/json']?.schema ?? {};
          const name = schema.$ref?.split('/').at(-1);
          const { properties = {} } = name === undefined ? schema : (components.schemas[name] ?? {});
          const query = (one.parameters ?? []).filter((parameter) => parameter.in === 'query');
          return {
            ...{ operation: one.operationId, method: method.toUpperCase(), path },
            options: [...query.map((parameter) => parameter.name), ...Object.keys(properties)].sort(),
          };
        }),
    );
    const ours = COMMANDS.map(({ operation, method, path, options = [], body = {} }) => ({
      ...{ operation, method, path },
      options: [...options.map(({ name }) => name), ...Object.keys(body)].sort(),
    }));
    expect(ours).to.have.deep.members(documented);
    const words = COMMANDS.map((row) => row.words);
    expect(new Set(words).size).to.equal(words.length);
  });

  it('are docs/cli.md (npm run cli-docs makes it anew)', () => {
    expect(readFileSync(join(projectRoot, 'docs/cli.md'), 'utf8')).to.equal(cliPage());
  });
});

describe('a client command', () => {
  let bench: ApiBench;
  before(async () => {
    // Lists of more than two come in pages.
    bench = await startApiBench({ settings: { api: { max_limit: 2 } } });
  });
  after(() => bench[Symbol.asyncDispose]());
  afterEach(() => bench.clear());

  const client = (...args: string[]): Promise<ClientRun> =>
    runClient(args, { OS_AUTH_TYPE: 'none', OS_ENDPOINT: `${bench.url}/lifecycle/` });

  it('prints a list as a table, as JSON and as YAML', async () => {
    const { uuid } = await bench.store.nodes.create(
      newNode({ name: '倉庫-1', provision_state: 'available' }),
    );
    await bench.store.nodes.create(newNode({ name: 'other' }));
    const { stdout, code } = await client('server', 'list', '--stage', 'inventory');
    expect(code).to.equal(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).to.have.length(5);
    expect(new Set(lines.map(width)).size, stdout).to.equal(1);
    expect(lines[3]).to.contain(uuid).and.contain('倉庫-1').and.contain('inventory');
    const listed = JSON.parse((await client('server', 'list', '--sort-key', 'name', '-o', 'json')).stdout);
    expect(listed.servers.map(({ name }: { name: string }) => name)).to.deep.equal(['other', '倉庫-1']);
    const shown = parse((await client('server', 'show', '倉庫-1', '-o', 'yaml')).stdout) as JsonObject;
    expect(shown).to.deep.include({ uuid, stage: 'inventory' });
  });

  it('lets no value move the cursor of the terminal', async () => {
    await bench.store.nodes.create(newNode({ name: 'n' }));
    const notes = 'a\u001B[2J\nb\u202Ec';
    expect((await client('server', 'set', 'n', '--notes', notes, '--rack', 'A 1')).code).to.equal(0);
    const { stdout } = await client('server', 'show', 'n');
    for (const char of ['\u001B', '\u202E']) expect(stdout).to.not.contain(char);
    expect(stdout).to.contain('a\\u001b[2J').and.contain('b\\u202ec').and.contain('A 1');
    for (const format of ['json', 'yaml', 'value']) {
      const shown = await client('server', 'show', 'n', '-o', format);
      for (const char of ['\u001B', '\u202E']) expect(shown.stdout).to.not.contain(char);
      if (format !== 'value') expect((parse(shown.stdout) as JsonObject).notes).to.equal(notes);
    }
  });

  it('shows the columns that fit a terminal, or those that are asked for, in the local time', async () => {
    await bench.store.nodes.create(newNode({ name: 'a' }));
    await bench.store.nodes.create(newNode({ name: 'b' }));
    const env = { OS_AUTH_TYPE: 'none', OS_ENDPOINT: `${bench.url}/lifecycle` };
    const screen = { columns: 80, rows: 24 };
    const narrow = await runClient(['server', 'list'], { ...env, NO_COLOR: '1' }, { screen });
    for (const line of narrow.stdout.trimEnd().split('\n')) expect(width(line)).to.be.at.most(80);
    expect(narrow.stderr).to.match(/^Too wide for this terminal: .*uuid.*--all-columns/);
    expect((await runClient(['server', 'list'], env, { screen })).stdout).to.contain('\u001B[1mname');
    expect(narrow.stdout).to.not.contain('\u001B');
    const sorted = await client(
      'server',
      'list',
      '--sort-column',
      'name:desc',
      '--noheader',
      '-c',
      'name,created_at',
    );
    expect(sorted.stdout).to.match(/^b {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+09:00\na {2}/);
    expect((await client('server', 'list', '-o', 'value', '-c', 'name', '-c', 'stage')).stdout).to.equal(
      'a\tregistration\nb\tregistration\n',
    );
    expect(JSON.parse((await client('server', 'list', '-o', 'json', '-c', 'name')).stdout)).to.deep.equal([
      { name: 'a' },
      { name: 'b' },
    ]);
    const wrong = await client('server', 'list', '-c', 'colour');
    expect([wrong.code, wrong.stderr.slice(0, 40)]).to.deep.equal([
      2,
      'There is no column colour: there are nam',
    ]);
  });

  it('lists all pages, and takes names for uuids', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await bench.store.nodes.create(newNode({ name }));
    expect((await client('server', 'list', '-o', 'value', '-c', 'name')).stdout).to.equal('a\nb\nc\nd\ne\n');
    const some = await client('server', 'list', '--limit', '3');
    expect(some.stderr).to.contain('There are more');
    expect(some.stdout.trimEnd().split('\n')).to.have.length(7);
    for (const name of ['x', 'y', 'z']) await bench.store.models.create({ vendor: 'v', name });
    await bench.store.models.create({ vendor: 'w', name: 'x' });
    const made = await client(
      'model',
      'set',
      'z',
      '--replacement-uuid',
      'y',
      '-o',
      'value',
      '-c',
      'replacement_uuid',
    );
    const y = await client('model', 'show', 'y', '-o', 'value', '-c', 'uuid');
    expect([made.code, made.stdout], made.stderr).to.deep.equal([0, y.stdout]);
    const twice = await client('model', 'show', 'x');
    expect(twice.code).to.equal(EXIT_CODES.conflict.code);
    expect(twice.stderr).to.match(/^2 are called x: give a uuid/);
  });

  it('changes fields, and empties those given an empty text', async () => {
    const { uuid } = await bench.store.nodes.create(newNode({ name: 'n' }));
    await client('server', 'set', 'n', '--vendor', 'v', '--vlan-id', '12');
    expect(await bench.store.servers.get(uuid)).to.deep.include({ vendor: 'v', vlan_id: 12 });
    await client('server', 'set', 'n', '--vendor', '');
    expect(await bench.store.servers.get(uuid)).to.deep.include({ vendor: null, vlan_id: 12 });
  });

  it('takes a document from a file, and shows how a command is used', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kurogane-document-'));
    try {
      const file = join(folder, 'preseed.cfg');
      await writeFile(file, 'd-i debconf\n@home\n');
      const args = [
        'profile',
        'create',
        '--name',
        'debian',
        '--template-kind',
        'preseed',
        '--template',
        `@${file}`,
      ];
      const made = await client(...args, '-o', 'json');
      expect(JSON.parse(made.stdout)).to.include({ template: 'd-i debconf\n@home\n' });
      const nowhere = await client(...args.slice(0, -1), '@/nowhere');
      expect(nowhere.code).to.equal(EXIT_CODES.usage.code);
      const { stdout } = await client('profile', 'create', '--help');
      expect(stdout)
        .to.match(/--name <text> +its name.*\(required\)/s)
        .and.contain('  kurogane profile create --name debian');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('S60 deploys a preseed, a kickstart and an image by the same command', async () => {
    const boots = { kernel: 'http://i/vmlinuz', initrd: 'http://i/initrd' };
    const { profiles, nodes } = bench.store;
    await profiles.create({ name: 'debian', ...boots, template_kind: 'preseed', template: 'd-i' });
    await profiles.create({ name: 'rocky', ...boots, template_kind: 'kickstart', template: 'text' });
    await profiles.create({ name: 'golden', image: 'http://i/disk.raw', image_checksum: 'a'.repeat(64) });
    for (const [index, profile] of ['debian', 'rocky', 'golden'].entries()) {
      const name = `n${index}`;
      const { uuid } = await nodes.create(
        newNode({ name, provision_state: 'available', deploy_interface: 'fake' }),
      );
      const done = await client('deploy', name, '--profile', profile, '--wait', '-o', 'value', '-c', 'stage');
      expect([done.code, done.stdout], done.stderr).to.deep.equal([0, 'in-use\n']);
      const { profile_uuid } = (await nodes.get(uuid))?.instance_info ?? {};
      expect(profile_uuid).to.equal((await profiles.getByName(profile))?.uuid);
    }
  });

  it('counts the stages', async () => {
    await bench.store.nodes.create(newNode({ provision_state: 'active' }));
    expect((await client('stage', 'counts')).stdout).to.match(/\| in-use +\| 1 +\| 0 +\|/);
  });

  const exits: [string, keyof typeof EXIT_CODES, string[], RegExp][] = [
    ['there is no such server', 'missing', ['server', 'show', 'nobody'], /nobody could not be found/],
    ['a value is not accepted', 'invalid', ['server', 'list', '--limit', '0'], /limit/],
    ['a number is none', 'usage', ['server', 'set', 'n', '--vlan-id', 'x'], /--vlan-id takes a whole number/],
    ['an option is unknown', 'usage', ['server', 'list', '--colour', 'red'], /--colour/],
    ['a choice is none', 'usage', ['server', 'list', '--stage', 'limbo'], /registration/],
    ['an argument is missing', 'usage', ['server', 'show'], /missing required argument/],
    ['a command is unknown', 'usage', ['server', 'dance'], /dance|Usage/],
    ['help is asked for', 'done', ['server', 'list', '--help'], /^$/],
    ['there is no such shell', 'usage', ['completion', 'fish'], /bash, zsh/],
  ];
  for (const [when, exit, args, told] of exits)
    it(`ends with ${EXIT_CODES[exit].code} when ${when}`, async () => {
      const { code, stderr } = await client(...args);
      expect(code).to.equal(EXIT_CODES[exit].code);
      expect(stderr).to.match(told);
    });

  it('says that nobody answers, and that there is no login', async () => {
    const away = await runClient(['server', 'list'], {
      OS_AUTH_TYPE: 'none',
      OS_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
    });
    expect(away.code).to.equal(EXIT_CODES.unavailable.code);
    expect(away.stderr).to.match(/127\.0\.0\.1:\d+ cannot be reached/);
    const nobody = await runClient(['server', 'list'], {});
    expect(nobody.code).to.equal(EXIT_CODES.usage.code);
    expect(nobody.stderr).to.contain('OS_AUTH_URL').and.contain('OS_CLOUD');
  });

  it('takes a cloud of clouds.yaml, and variables over it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kurogane-clouds-'));
    try {
      const file = join(folder, 'clouds.yaml');
      await writeFile(
        file,
        `clouds: {here: {auth_type: none, baremetal_lifecycle_endpoint_override: "${bench.url}/lifecycle"}}`,
      );
      const env = { OS_CLIENT_CONFIG_FILE: file, OS_CLOUD: 'here' };
      expect((await runClient(['stage', 'counts'], env)).code).to.equal(0);
      const elsewhere = { ...env, OS_ENDPOINT: `http://127.0.0.1:${await freePort()}` };
      expect((await runClient(['stage', 'counts'], elsewhere)).code).to.equal(EXIT_CODES.unavailable.code);
      const missing = await runClient(['stage', 'counts'], { ...env, OS_CLOUD: 'there' });
      expect(missing.code).to.equal(EXIT_CODES.usage.code);
      expect(missing.stderr).to.contain('here');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
