import { join } from 'node:path';
import { expect } from 'chai';
import { REGISTRATION_PROTO } from '../../../api/registration/proto.ts';
import { projectRoot } from '../../../config/project-root.ts';
import { run } from '../../services/process.ts';
import { temporaryFolder } from '../../services/temporary-folder.ts';
import { ANSWER, CA_FILE, startStubService } from './start-stub.ts';

/** Debian's, which has the packages. */
const PYTHON = '/usr/bin/python3';

describe('S65 a Python client that was generated of registration.proto', () => {
  it('registers a server', async () => {
    const folder = await temporaryFolder('kurogane-grpc-');
    await using stub = await startStubService();
    try {
      const made = await run({
        command: PYTHON,
        args: [
          ...['-m', 'grpc_tools.protoc', '-I', join(REGISTRATION_PROTO, '..')],
          ...[`--python_out=${folder.path}`, `--grpc_python_out=${folder.path}`, 'registration.proto'],
        ],
      });
      expect(made.code, made.stderr).to.equal(0);
      const program = join(projectRoot, 'spec', 'api', 'registration', 'smoke-client.py');
      const target = `127.0.0.1:${stub.server.port}`;
      const { code, stderr, stdout } = await run({
        command: PYTHON,
        args: [program, folder.path, target, CA_FILE, 'kg-python'],
      });
      expect(code, stderr).to.equal(0);
      expect(JSON.parse(stdout)).to.deep.equal({
        ...{ action: 'ACTION_GO_ON', address: ANSWER.bmc?.address, verdict: 'ACTION_POWER_OFF' },
        refused: ['UNAUTHENTICATED', 'InvalidEnrolmentToken'],
      });
      const [{ report, token } = { report: null, token: '' }] = stub.seen;
      expect(token).to.equal('kg-python');
      expect(report).to.deep.include({
        ...{
          system_uuid: '4c4c4544-0000-4010-8000-b1c04f4b4231',
          memory_mb: 2 ** 40,
          bmc: { address: '0.0.0.0', mac: null },
        },
      });
      expect(report?.ports[0]).to.deep.include({
        optic: true,
        neighbour: {
          ...{ switch_name: '52:54:00:00:00:01', switch_port: 'Eth7', switch_id: '52:54:00:00:00:01' },
        },
      });
    } finally {
      await folder.remove();
    }
  });
});
