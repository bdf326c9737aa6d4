import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { REGISTRATION_PROTO } from '../../../api/registration/proto.ts';
import { projectRoot } from '../../../config/project-root.ts';
import { run } from '../../services/process.ts';
import { temporaryFolder } from '../../services/temporary-folder.ts';
import { ANSWER, CA_FILE, startStubService } from './start-stub.ts';

/** Go's packages as Debian has them: gRPC and protobuf as sources. */
const DEBIAN = '/usr/share/gocode';

describe('S65 a Go client that was generated of registration.proto', () => {
  it('registers a server', async () => {
    const folder = await temporaryFolder('kurogane-go-');
    await using stub = await startStubService();
    try {
      const sources = join(folder.path, 'src');
      const generated = join(sources, 'registrationv1');
      await mkdir(generated, { recursive: true });
      await mkdir(join(sources, 'smoke'));
      const smoke = join(projectRoot, 'spec', 'api', 'registration', 'smoke-client.go');
      await copyFile(smoke, join(sources, 'smoke', 'main.go'));
      const options = ['go', 'go-grpc'].flatMap((plugin) => [
        `--${plugin}_out=${generated}`,
        `--${plugin}_opt=paths=source_relative`,
      ]);
      const made = await run({
        command: 'protoc',
        args: ['-I', join(REGISTRATION_PROTO, '..'), ...options, 'registration.proto'],
      });
      expect(made.code, made.stderr).to.equal(0);
      const program = join(folder.path, 'smoke-client');
      const built = await run({
        command: 'go',
        args: ['build', '-o', program, 'smoke'],
        env: {
          ...{ PATH: process.env.PATH, HOME: folder.path, GOCACHE: join(folder.path, 'cache') },
          ...{ GO111MODULE: 'off', GOFLAGS: '', GOPATH: `${folder.path}:${DEBIAN}` },
        },
        timeout_ms: 240_000,
      });
      expect(built.code, built.stderr).to.equal(0);
      const target = `127.0.0.1:${stub.server.port}`;
      const { code, stderr, stdout } = await run({ command: program, args: [target, CA_FILE, 'kg-go'] });
      expect(code, stderr).to.equal(0);
      expect(JSON.parse(stdout)).to.deep.equal({
        ...{ action: 'ACTION_GO_ON', address: ANSWER.bmc?.address, verdict: 'ACTION_POWER_OFF' },
        refused: ['Unauthenticated', 'InvalidEnrolmentToken'],
      });
      const [{ report, token } = { report: null, token: '' }] = stub.seen;
      expect(token).to.equal('kg-go');
      expect(report).to.deep.include({ serial_number: 'GO1', memory_mb: 2 ** 40, disks: [] });
      expect(report?.ports[0]).to.deep.include({ optic: false });
      expect(report?.ports[0]?.neighbour).to.include({ switch_port: 'Eth8' });
    } finally {
      await folder.remove();
    }
  });
});
