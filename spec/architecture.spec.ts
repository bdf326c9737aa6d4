import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../config/project-root.ts';
import { IMPORT_RULES, PACKAGE_OWNERS, violation } from './import-rules.ts';
import { importsOf, sourceFiles, withoutComments } from './source-imports.ts';
import { TIERS } from './tiers.ts';

const PRODUCT = [
  'api',
  'bin',
  'boot',
  'cli',
  'conductor',
  'config',
  'db',
  'drivers',
  'gateway',
  'lifecycle',
  'iso',
  'net',
  'rack',
  'telemetry',
];
const ALL = [...PRODUCT, 'bench', 'spec'];

/** Patterns that only some files may have: section 3 of docs/architecture.md. */
const RESERVED: readonly { what: string; pattern: RegExp; allowed: readonly string[]; caught: string[] }[] = [
  {
    what: 'reads the environment',
    pattern: /\bprocess\.env\b/,
    allowed: ['bin/'],
    caught: ['const x = process.env.HOME;'],
  },
  {
    what: 'ends the process',
    pattern: /\bprocess\.(exit|abort|exitCode)\b/,
    allowed: ['bin/'],
    caught: ['process.exit(1);', 'process.exitCode = 1;'],
  },
  {
    what: 'handles signals',
    pattern: /\bprocess\.(on|once|addListener)\(/,
    allowed: ['bin/'],
    caught: ["process.once('SIGINT', stop);"],
  },
  {
    what: 'has a clock of its own',
    pattern:
      /(?<![.\w])(setTimeout|setInterval|setImmediate)\(|\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|'node:timers/,
    allowed: [
      'bin/',
      'config/system-clock.ts',
      // The pause before a transaction that met a deadlock is tried again, the longest that a statement may take, and the
      // end of lingering connections.
      'db/engine.ts',
      'db/mysql-link.ts',
      'net/http-agent.ts',
      'boot/server.ts',
    ],
    caught: [
      'const timer = setTimeout(go, 5);',
      'return Date.now();',
      'new Date()',
      "import { setTimeout as s } from 'node:timers/promises';",
    ],
  },
  {
    what: 'sends HTTP',
    pattern: /(?<![.\w])fetch\(/,
    allowed: [
      'bin/boot-status.ts',
      'bin/demo/',
      'conductor/agent.ts',
      'conductor/inspection-rules/api-call.ts',
      'drivers/bampi/http.ts',
      'drivers/example/driver.ts',
      'gateway/redfish/upstream.ts',
      'drivers/redfish/http.ts',
      'net/download.ts',
      'net/json-http.ts',
      'net/object-store.ts',
      'rack/http-client.ts',
    ],
    caught: ['await fetch(url)'],
  },
  {
    what: 'fires events of the machine',
    pattern: /import \{[^}]*\btransition\b[^}]*\} from '[^']*lifecycle\/machine\.ts'/,
    allowed: ['conductor/'],
    caught: ["import { clientEvents, transition } from '../lifecycle/machine.ts';"],
  },
  {
    what: 'keeps mutable state in a module',
    pattern: /^(export )?(let|var) /m,
    allowed: [],
    caught: ['const a = 1;\nlet b = 2;', 'export let b = 2;'],
  },
  {
    what: 'keeps an empty collection in a module',
    pattern:
      /^(export )?const \w+(: (?!Readonly|readonly)[^=]+)? = (new (Map|Set|WeakMap|WeakSet)(<[^>]*>)?\(\)|\[\]|\{\});/m,
    allowed: [],
    caught: [
      'const cache = new Map<string, number>();',
      'export const all: string[] = [];',
      'const seen: Set<string> = new Set();',
    ],
  },
  {
    what: 'does something when it is imported',
    pattern: /^((await |void )?[a-zA-Z_$][\w$]*(\.[\w$]+)*\(|import '|if |for |while |try )/m,
    allowed: ['bin/', 'cli/docs/write-', 'config/docs/write-', 'lifecycle/docs/write-'],
    caught: ['const a = 1;\nmain();', 'await main();', "import './register.ts';", 'app.use(x);'],
  },
];

function textOf(file: string): string {
  return withoutComments(readFileSync(join(projectRoot, file), 'utf8'));
}

function existing(folders: readonly string[]): string[] {
  return folders.filter((folder) => existsSync(join(projectRoot, folder)));
}

describe('architecture', () => {
  const product = sourceFiles(projectRoot, existing(PRODUCT));
  const all = sourceFiles(projectRoot, existing(ALL));

  it('is walked whole', () => {
    const imports = all.flatMap((file) => importsOf(projectRoot, file));
    expect(imports.length).to.be.greaterThan(500);
    const strange = imports.filter(({ target }) => target.endsWith('.ts') && !all.includes(target));
    expect(strange.map(({ file, target }) => `${file}: ${target}`)).to.deep.equal([]);
  });

  it('lets each part import only what its rule names', () => {
    const violations = product.flatMap((file) => importsOf(projectRoot, file)).map(violation);
    expect(violations.filter((wrong) => wrong !== null)).to.deep.equal([]);
  });

  for (const { what, pattern, allowed, caught } of RESERVED)
    it(`lets no other part do what is reserved: ${what}`, () => {
      expect(caught.filter((text) => !pattern.test(text))).to.deep.equal([]);
      const files = product.filter((file) => !allowed.some((prefix) => file.startsWith(prefix)));
      expect(files.filter((file) => pattern.test(textOf(file)))).to.deep.equal([]);
    });

  it('keeps clock and randomness out of lifecycle', () => {
    const files = product.filter((file) => file.startsWith('lifecycle/'));
    const impure = /\bMath\.random\b|\bcrypto\.|\bDate\.now\b|\bDate\(\)|\bconsole\./;
    expect(files.filter((file) => impure.test(textOf(file)))).to.deep.equal([]);
  });

  it('has kebab-case names, and no file that is named for nothing', () => {
    const word = '[a-z0-9]+(-[a-z0-9]+)*';
    const tiers = Object.keys(TIERS).join('|');
    const kebab = new RegExp(`^(${word}/)+${word}((\\.(${tiers}))?\\.spec)?\\.ts$`);
    const nothing = /(^|\/)(utils?|helpers?|common|misc|index|shared)(\/|\.ts$)/;
    expect(all.filter((file) => !kebab.test(file) || nothing.test(file))).to.deep.equal([]);
  });
});

describe('the import rules', () => {
  for (const [file, target, type_only, allowed] of [
    ['api/openstack/server.ts', 'drivers/ipmi/udp.ts', false, false],
    ['api/openstack/server.ts', 'conductor/client.ts', true, true],
    ['api/openstack/server.ts', 'conductor/runner.ts', true, false],
    ['api/openstack/server.ts', 'config/logger.ts', false, false],
    ['api/openstack/server.ts', 'config/logger.ts', true, true],
    ['conductor/runner.ts', 'drivers/ipmi/driver.ts', false, false],
    ['conductor/runner.ts', 'drivers/registry.ts', false, true],
    ['conductor/bus/memory.ts', 'amqplib', false, false],
    ['conductor/bus/memory.ts', 'amqplib', true, true],
    ['conductor/bus/amqp.ts', 'amqplib', false, true],
    ['drivers/ipmi/driver.ts', 'drivers/fake/driver.ts', true, false],
    ['drivers/ipmi/driver.ts', 'db/store.ts', true, false],
    ['drivers/ipmi/session.ts', 'node:dgram', false, false],
    ['lifecycle/states.ts', 'node:fs', false, false],
    ['lifecycle/states.ts', 'db/store.ts', true, false],
    ['rack/ipmi/bmc.ts', 'drivers/ipmi/codec/rmcp.ts', false, true],
    ['rack/ipmi/bmc.ts', 'drivers/ipmi/session.ts', false, false],
    ['rack/machine.ts', 'db/store.ts', true, false],
    ['db/nodes.ts', 'conductor/client.ts', true, false],
    ['config/options.ts', 'bin/kurogane.ts', true, false],
    ['somewhere/new.ts', 'lifecycle/states.ts', true, false],
    ['api/openstack/server.ts', 'knex', false, false],
    ['bin/kurogane.ts', 'conductor/server.ts', false, true],
  ] as const)
    it(`${allowed ? 'let' : 'do not let'} ${file} import ${target}${type_only ? ' (types)' : ''}`, () => {
      expect(violation({ file, target, type_only }) === null).to.equal(allowed);
    });

  it('name only files that exist', () => {
    const named = [
      ...Object.values(PACKAGE_OWNERS).flat(),
      ...RESERVED.flatMap(({ allowed }) => allowed),
      ...IMPORT_RULES.flatMap(({ may, may_type = [] }) => [...may, ...may_type]),
    ].filter((path) => path.endsWith('.ts') && path !== 'drivers/retry.ts');
    expect(named.filter((path) => !existsSync(join(projectRoot, path)))).to.deep.equal([]);
  });
});
