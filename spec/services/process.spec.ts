import { expect } from 'chai';
import { freePort } from './free-port.ts';
import { run, startChild } from './process.ts';

const node = process.execPath;

describe('startChild', () => {
  it('waits for a line of output and ends the child with SIGTERM', async () => {
    await using child = await startChild({
      command: node,
      args: ['-e', 'console.log("port 42"); setInterval(() => {}, 1000)'],
    });
    expect((await child.waitForOutput(/port (\d+)/))[1]).to.equal('42');
    expect(await child.stop()).to.deep.equal({ code: null, signal: 'SIGTERM' });
    expect(child.running).to.equal(false);
  });

  it('kills a child that does not obey, and its own children', async () => {
    const script = `const c = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      process.on('SIGTERM', () => {}); c.on('spawn', () => console.log('child ' + c.pid)); setInterval(() => {}, 1000)`;
    const child = await startChild({ command: node, args: ['-e', script] });
    await child.waitForOutput(/child \d+/);
    // The grandchild holds the output open: `stop` resolves only when it is gone too.
    expect((await child.stop(50)).signal).to.equal('SIGKILL');
  });

  it('says what the child printed when it ends before the awaited line', async () => {
    const child = await startChild({ command: node, args: ['-e', 'console.error("no licence")'] });
    const error = await child.waitForOutput(/ready/).catch((reason: Error) => reason);
    expect(error)
      .to.be.instanceOf(Error)
      .with.property('message')
      .that.matches(/ended.*no licence/s);
  });

  it('rejects for a program that does not exist', async () => {
    const error = await startChild({ command: '/nonexistent' }).catch((reason: Error) => reason);
    expect(error).to.be.instanceOf(Error);
  });
});

describe('run', () => {
  it('feeds standard input and gives both outputs and the code', async () => {
    const script = 'process.stdin.pipe(process.stdout); console.error("e"); process.exitCode = 3';
    const result = await run({ command: node, args: ['-e', script], input: 'hello' });
    expect(result).to.deep.equal({ code: 3, signal: null, stdout: 'hello', stderr: 'e\n' });
  });

  it('ends a program that outlives its deadline', async () => {
    const error = await run({
      command: node,
      args: ['-e', 'setInterval(() => {}, 1000)'],
      timeout_ms: 100,
    }).catch((reason: Error) => reason);
    expect(error)
      .to.be.instanceOf(Error)
      .with.property('message')
      .that.matches(/limit 100 ms/);
  });
});

describe('freePort', () => {
  it('finds ports of both protocols below the ephemeral range', async () => {
    for (const protocol of ['tcp', 'udp'] as const)
      expect(await freePort(protocol)).to.be.within(10_000, 32_000);
  });
});
