import type { SourceImport } from './source-imports.ts';

interface Rule {
  /** Path prefix of the importing files. The first rule that fits a file counts. */
  from: string;
  /** Path prefixes of sources that they may import. */
  may: readonly string[];
  /** Those of which they may import types only. */
  may_type?: readonly string[];
}

/** Who may import whom: docs/architecture.md, section 3. Folders that stand in no rule (bin, spec, bench) may import all. */
export const IMPORT_RULES: readonly Rule[] = [
  { from: 'lifecycle/docs/write-', may: ['lifecycle/', 'config/project-root.ts'] },
  { from: 'lifecycle/', may: ['lifecycle/'] },
  {
    from: 'telemetry/',
    may: ['telemetry/', 'lifecycle/'],
    may_type: ['api/http/serve.ts', 'conductor/observer.ts'],
  },
  { from: 'config/', may: ['config/', 'lifecycle/'] },
  { from: 'db/', may: ['db/', 'lifecycle/'] },
  { from: 'iso/', may: ['iso/'] },
  { from: 'net/', may: ['net/', 'lifecycle/'] },
  {
    from: 'api/http/',
    may: ['api/http/', 'lifecycle/', 'config/project-root.ts'],
    may_type: ['config/'],
  },
  {
    from: 'api/',
    // hardware-steps.ts: the table of the steps that there are.
    may: [
      'api/',
      'conductor/client.ts',
      'conductor/requests/hardware-steps.ts',
      'db/store.ts',
      'lifecycle/',
      'net/',
      'config/project-root.ts',
    ],
    may_type: ['config/'],
  },
  {
    from: 'conductor/',
    may: [
      'conductor/',
      'drivers/contract.ts',
      'drivers/registry.ts',
      'db/store.ts',
      'iso/',
      'lifecycle/',
      'net/',
      'boot/script.ts',
    ],
    may_type: ['config/'],
  },
  {
    from: 'boot/',
    may: ['boot/', 'db/store.ts', 'iso/', 'lifecycle/', 'net/', 'conductor/client.ts'],
    may_type: ['config/'],
  },
  {
    from: 'gateway/',
    may: [
      ...[
        'gateway/',
        'db/store.ts',
        'lifecycle/',
        'conductor/client.ts',
        'net/http-agent.ts',
        'net/read-bounded.ts',
      ],
      ...['api/http/request-body.ts', 'api/identity/throttle.ts', 'drivers/contract.ts'],
      ...['drivers/redfish/driver-info.ts', 'drivers/ipmi/completion-error.ts', ...protocolOf('ipmi')],
    ],
    may_type: ['config/', 'drivers/registry.ts', 'conductor/consoles/viewer.ts'],
  },
  ...['fake', 'ipmi', 'redfish', 'bampi'].map((driver) => ({
    from: `drivers/${driver}/`,
    may: [
      `drivers/${driver}/`,
      'drivers/contract.ts',
      'drivers/retry.ts',
      'lifecycle/',
      ...[
        'net/read-bounded.ts',
        'net/bounded-json.ts',
        'net/connection-trouble.ts',
        'net/http-agent.ts',
        'net/verification.ts',
      ],
    ],
  })),
  { from: 'drivers/example/', may: ['drivers/example/', 'drivers/contract.ts', 'lifecycle/'] },
  { from: 'drivers/', may: ['drivers/contract.ts', 'lifecycle/'], may_type: ['config/'] },
  { from: 'rack/', may: ['rack/', 'net/http-agent.ts', ...protocolOf('ipmi')], may_type: ['lifecycle/'] },
  { from: 'cli/docs/write-', may: ['cli/', 'config/project-root.ts'] },
  { from: 'cli/docs/', may: ['cli/', 'lifecycle/docs/markdown.ts'] },
  // HTTP only: what a client needs must fit in one file of its own.
  { from: 'cli/', may: ['cli/', 'net/'], may_type: ['lifecycle/'] },
  { from: 'portal/', may: ['portal/'], may_type: ['lifecycle/'] },
];

/** The parts of a driver that both ends of the wire share. */
function protocolOf(driver: string): string[] {
  return ['codec', 'crypto', 'commands', 'managed'].map((folder) => `drivers/${driver}/${folder}/`);
}

/** Programs' folders, which nobody imports. */
const PROGRAMS = ['bin/', 'spec/', 'bench/'];

/** Packages that reach outside, and the only files that may load them: one per protocol. */
export const PACKAGE_OWNERS: Readonly<Record<string, readonly string[]>> = {
  'node:dgram': [
    'drivers/ipmi/udp.ts',
    'gateway/ipmi/server.ts',
    'rack/ipmi/bmc.ts',
    'rack/qemu/lldp-switch.ts',
  ],
  // The operators of inspection rules only compare addresses.
  'node:net': [
    'drivers/ipmi/udp.ts',
    'gateway/ipmi/server.ts',
    'boot/server.ts',
    'boot/dnsmasq.ts',
    'conductor/inspection-rules/operators.ts',
    'conductor/consoles/tcp-viewers.ts',
    // What customers' URLs may lead to; the type of a look-up.
    'net/egress.ts',
    'net/json-http.ts',
    'rack/qemu/sockets.ts',
    // Only tells addresses from names, and reads which CAs the system trusts.
    'net/http-agent.ts',
    'rack/registration-client.ts',
    'drivers/redfish/certificates.ts',
    'drivers/redfish/peer.ts',
  ],
  'node:tls': [
    'conductor/consoles/link-client.ts',
    'conductor/consoles/link-server.ts',
    'drivers/redfish/certificates.ts',
    'drivers/redfish/peer.ts',
    'net/json-http.ts',
    'rack/registration-client.ts',
  ],
  'node:dns': ['net/egress.ts'],
  nodemailer: ['conductor/notices/mail.ts'],
  'node:http': ['boot/server.ts', 'rack/bampi/bampi.ts'],
  'node:https': ['rack/agent-api.ts', 'rack/bampi/bampi.ts', 'rack/redfish/redfish-bmc.ts'],
  'node:child_process': ['boot/image-build/build.ts', 'boot/ramdisk/build.ts', 'rack/qemu/qemu-machine.ts'],
  undici: [
    'conductor/inspection-rules/api-call.ts',
    'drivers/bampi/http.ts',
    'drivers/redfish/http.ts',
    'gateway/redfish/upstream.ts',
    'net/http-agent.ts',
    'net/json-http.ts',
    'rack/http-client.ts',
  ],
  ws: [
    'cli/attach-console.ts',
    'gateway/consoles/relay.ts',
    'drivers/redfish/websocket.ts',
    'rack/redfish/kvm.ts',
  ],
  '@grpc/grpc-js': ['api/registration/server.ts', 'rack/registration-client.ts'],
  '@grpc/proto-loader': ['api/registration/proto.ts', 'rack/registration-client.ts'],
  '@grpc/reflection': ['api/registration/server.ts'],
  amqplib: ['conductor/bus/amqp.ts'],
  knex: ['db/'],
  'prom-client': ['telemetry/'],
  '@opentelemetry/api': ['telemetry/traces.ts'],
  '@opentelemetry/sdk-trace-base': ['telemetry/traces.ts'],
  '@opentelemetry/exporter-trace-otlp-http': ['telemetry/traces.ts'],
  aws4fetch: ['net/object-store.ts'],
  libsql: ['db/'],
  mysql2: ['db/'],
  'mysql2/promise': ['db/'],
};

/** What is wrong with an import, or null. */
export function violation({ file, target, type_only }: SourceImport): string | null {
  if (PROGRAMS.some((folder) => file.startsWith(folder))) return null;
  const wrong = isSource(target)
    ? wrongSource(file, target, type_only)
    : wrongPackage(file, target, type_only);
  return wrong ? `${file} may not import ${target}` : null;
}

function isSource(target: string): boolean {
  return target.endsWith('.ts');
}

function wrongSource(file: string, target: string, type_only: boolean): boolean {
  if (PROGRAMS.some((folder) => target.startsWith(folder))) return true;
  const rule = IMPORT_RULES.find(({ from }) => file.startsWith(from));
  if (rule === undefined) return true;
  const may = [...rule.may, ...(type_only ? (rule.may_type ?? []) : [])];
  return !may.some((prefix) => target.startsWith(prefix));
}

function wrongPackage(file: string, target: string, type_only: boolean): boolean {
  if (file.startsWith('lifecycle/') && !file.startsWith('lifecycle/docs/write-')) return true;
  const owners = PACKAGE_OWNERS[target];
  return !type_only && owners !== undefined && !owners.some((owner) => file.startsWith(owner));
}
