import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type RegistrationLog,
  type RegistrationServer,
  startRegistration,
} from '../../../api/registration/server.ts';
import type { ConductorClient, RegistrationAnswer } from '../../../conductor/client.ts';
import { loadSettings } from '../../../config/load-settings.ts';
import { projectRoot } from '../../../config/project-root.ts';
import { systemClock } from '../../../config/system-clock.ts';
import type { ServerReport } from '../../../lifecycle/server-report.ts';

const TLS = join(projectRoot, 'spec', 'fixtures', 'tls');
export const CA_FILE = join(TLS, 'ca.pem');

export const ANSWER: RegistrationAnswer = {
  ...{ registration_uuid: 'r1', node_uuid: 'n1', secret: 's', action: 'go-on', step: null, cause: null },
  updates: [],
  bmc: {
    ...{ address: '192.0.2.9', netmask: '255.255.255.0', gateway: null, vlan_id: null },
    ...{ username: 'kurogane', password: 'hunter2-planted' },
  },
};

/** The registration service before conductors that say yes to all; a spec may replace what they say. */
export interface StubService extends AsyncDisposable {
  readonly server: RegistrationServer;
  readonly seen: { token: string; report: ServerReport }[];
  conductor: Pick<ConductorClient, 'register' | 'registrationProgress'>;
}

export async function startStubService(
  log: RegistrationLog = { info() {}, warn() {} },
  env: Readonly<Record<string, string>> = {},
): Promise<StubService> {
  const seen: StubService['seen'] = [];
  const stub = {
    seen,
    conductor: {
      register: async (token, report) => {
        seen.push({ token, report });
        return ANSWER;
      },
      registrationProgress: async (_uuid, _secret, { step }) => ({ action: 'power-off', step, cause: null }),
    } as StubService['conductor'],
  };
  const server = await startRegistration({
    ...{
      settings: loadSettings({ env: { KUROGANE_REGISTRATION__PORT: '0', ...env } }),
      clock: systemClock,
      log,
    },
    conductor: {
      register: (...given) => stub.conductor.register(...given),
      registrationProgress: (...given) => stub.conductor.registrationProgress(...given),
    },
    tls: {
      cert: readFileSync(join(TLS, 'server.pem'), 'utf8'),
      key: readFileSync(join(TLS, 'server-key.pem'), 'utf8'),
    },
  });
  return Object.assign(stub, { server, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() });
}
