import { expect } from 'chai';
import type { JsonObject } from '../../lifecycle/json.ts';
import { type OrderedStep, unsafeOrders } from '../../lifecycle/step-safety.ts';

const step = (name: string, args: JsonObject = {}, in_band = false): OrderedStep => {
  const [kind = '', word = ''] = name.split('.');
  return { interface: kind, step: word, args, in_band };
};
const accounts = (name: string) =>
  step('management.set_bmc_accounts', { accounts: { [name]: { absent: true } } });
const bios = (name: string, value: string) =>
  step('bios.apply_configuration', { settings: [{ name, value }] });
const ramdisk = step('deploy.erase_devices', {}, true);
const raw = (raw_bytes: string) => step('vendor.send_raw', { raw_bytes });
const moved = step('management.set_bmc_credentials', { username: 'root', password: 'x' });

describe('S100 the safety of an order of steps', () => {
  const CASES: [string, OrderedStep[], string | null][] = [
    ['lets other accounts be changed', [accounts('tenant')], null],
    ['refuses our own account', [accounts('admin')], 'logs in with'],
    ['knows whom we log in as by then', [moved, accounts('root')], 'logs in with'],
    ['lets the account go that we left', [moved, accounts('admin')], null],
    [
      'refuses to take the network boot from a later ramdisk',
      [bios('PxeDev1EnDis', 'Disabled'), ramdisk],
      'ramdisk',
    ],
    [
      'refuses a boot order without network before a ramdisk',
      [bios('BootOrder', 'disk'), ramdisk],
      'ramdisk',
    ],
    ['lets the network stay first', [bios('BootOrder', 'network,disk'), ramdisk], null],
    ['lets the network boot go after the last ramdisk', [ramdisk, bios('NetworkStack', 'Disabled')], null],
    ['refuses a raw cold reset', [raw('0x06 0x02')], 'management.reset_bmc'],
    ['refuses a raw password', [raw('6, 71, 1')], 'management.set_bmc_accounts'],
    ['refuses a raw address', [raw('0x0c 0x01 1')], 'management.set_bmc_lan'],
    ['refuses raw firmware', [raw('0x2c 0x31')], 'firmware.update'],
    ['refuses a raw boot device before a ramdisk', [raw('0x00 0x08 5 0x80 8'), ramdisk], 'ramdisk'],
    ['lets a raw boot device come after the last ramdisk', [ramdisk, raw('0x00 0x08 5 0x80 8')], null],
    ['lets other raw bytes pass', [raw('0x06 0x01')], null],
  ];
  for (const [what, steps, why] of CASES)
    it(what, () => {
      const problems = unsafeOrders({ steps, login: 'admin' }).join(' ');
      if (why === null) expect(problems).to.equal('');
      else expect(problems).to.contain(why);
    });
});
