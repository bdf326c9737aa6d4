import type { Duplex } from 'node:stream';
import { expect } from 'chai';
import { systemClock } from '../../config/system-clock.ts';
import { type Rack, startRack } from '../../rack/rack.ts';
import { MachineScreen } from '../../rack/screen/machine-screen.ts';
import { eventually } from '../services/eventually.ts';

const CTRL_ALT_DEL = [0xffe3, 0xffe9, 0xffff];
const RETURN = 0xff0d;

describe('the screen of a virtual server', () => {
  let rack: Rack;
  let screen: MachineScreen;
  let viewer: Duplex;

  beforeEach(async () => {
    rack = await startRack({ count: 1, clock: systemClock });
    screen = new MachineScreen(machine());
    viewer = screen.open();
    // As far as the picture: version, security, shared.
    viewer.write(Buffer.concat([Buffer.from('RFB 003.008\n'), Buffer.from([1, 1])]));
  });
  afterEach(async () => {
    viewer.destroy();
    await rack[Symbol.asyncDispose]();
  });

  const machine = (): Rack['servers'][number]['machine'] => {
    const [server] = rack.servers;
    if (server === undefined) throw new Error('The rack is empty.');
    return server.machine;
  };
  const text = (): string =>
    screen
      .bands()
      .map(({ shows }) => shows)
      .join('\n');
  const shows = (what: string) => eventually(async () => expect(text()).to.contain(what));
  const type = (...keysyms: number[]): void => {
    for (const keysym of keysyms) screen.key(keysym, true);
    for (const keysym of keysyms) screen.key(keysym, false);
  };

  it('shows no signal while it is off, and what it does while it is on', async () => {
    expect(text()).to.contain('No signal').and.to.not.contain('Power');
    machine().forcePower('on');
    await shows('nothing to boot: pxe: Nobody answers on the network.');
    machine().forcePower('off');
    await shows('No signal');
  });

  it('shows the boot device and the medium that it is given', async () => {
    machine().forcePower('on');
    await shows('nothing to boot');
    machine().setMedium('http://192.0.2.1/isos/2f3a/rescue.iso?ticket=1');
    machine().boot_override = { device: 'cdrom', persistent: false, mode: 'uefi' };
    expect(text()).to.contain('rescue.iso').and.to.contain('cdrom, once');
  });

  it('answers what is typed, and restarts at Ctrl+Alt+Del', async () => {
    machine().forcePower('on');
    await shows('Type \\"help\\"');
    type(...Buffer.from('powr'), 0xff08, ...Buffer.from('er'), RETURN);
    await shows('The power is on.');
    type(...CTRL_ALT_DEL);
    await eventually(async () => expect(machine().reboots).to.equal(1));
  });

  it('sends only lines that changed, and those when they do', async () => {
    machine().forcePower('on');
    await shows('nothing to boot');
    await shows('Type \\"help\\"');
    const sent: Buffer[] = [];
    viewer.on('data', (bytes: Buffer) => sent.push(bytes));
    const ask = (incremental: number): boolean =>
      viewer.write(Buffer.from([3, incremental, 0, 0, 0, 0, 3, 192, 2, 28]));
    ask(0);
    const whole = 960 * 540 * 4;
    await eventually(async () => expect(Buffer.concat(sent).length).to.be.above(whole));
    sent.length = 0;
    ask(1);
    type(0x61);
    await eventually(async () => expect(sent.length).to.be.above(0));
    expect(Buffer.concat(sent).readUInt16BE(2)).to.equal(1);
    expect(Buffer.concat(sent).length).to.be.below(whole / 20);
  });
});
