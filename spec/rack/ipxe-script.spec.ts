import { expect } from 'chai';
import { chainScript, unknownServerScript } from '../../boot/script.ts';
import { type IpxeOutcome, runIpxe } from '../../rack/ipxe-script.ts';

interface Asked {
  outcome: IpxeOutcome;
  urls: string[];
  slept_ms: number;
}

async function follow(
  files: Record<string, string | null>,
  settings: Record<string, string> = {},
  limits = { commands: 200, downloads: 20 },
): Promise<Asked> {
  const urls: string[] = [];
  let slept_ms = 0;
  const outcome = await runIpxe(
    'http://boot/boot.ipxe',
    {
      settings,
      script: async (url) => {
        urls.push(url);
        return files[new URL(url).pathname] ?? null;
      },
      image: async (url) => {
        urls.push(url);
        return !url.includes('missing');
      },
      sleep: async (ms) => {
        slept_ms += ms;
      },
    },
    limits,
  );
  return { outcome, urls, slept_ms };
}

/** A setting as iPXE writes it. */
const setting = (name: string): string => ['$', '{', name, '}'].join('');
const script = (...lines: string[]): string => ['#!ipxe', ...lines].join('\n');
const one = async (...lines: string[]): Promise<IpxeOutcome> =>
  (await follow({ '/boot.ipxe': script(...lines) }, { platform: 'efi' })).outcome;

describe('rack/ipxe-script', () => {
  it('boots a kernel with its ramdisk and arguments', async () => {
    const { outcome, urls } = await follow({
      '/boot.ipxe': script('kernel --name k http://h/vmlinuz a=1 b=2', 'initrd -n i http://h/initrd', 'boot'),
    });
    expect(outcome).to.deep.equal({
      end: 'kernel',
      kernel: 'http://h/vmlinuz',
      initrds: ['http://h/initrd'],
      args: 'a=1 b=2',
    });
    expect(urls).to.deep.equal(['http://boot/boot.ipxe', 'http://h/vmlinuz', 'http://h/initrd']);
  });

  it('follows the boot service’s own chain, saying who it is', async () => {
    const { urls } = await follow(
      { '/boot.ipxe': chainScript(), '/ipxe/u-1': script('exit') },
      { uuid: 'u-1', 'netX/mac': '52:54:00:aa:bb:cc' },
    );
    expect(urls[1]).to.equal('http://boot/ipxe/u-1?mac=52-54-00-aa-bb-cc');
  });

  it('asks again while the boot service cannot answer, and gives up in the end', async () => {
    const { outcome, urls, slept_ms } = await follow({ '/boot.ipxe': chainScript() }, { uuid: 'u-1' });
    expect(outcome.end).to.equal('failed');
    expect(urls).to.have.length(20);
    expect(slept_ms).to.equal(19 * 10_000);
  });

  it('goes on to the disk when no node describes it, under UEFI and BIOS', async () => {
    for (const [platform, end] of [
      ['efi', 'exit'],
      ['pcbios', 'san'],
    ])
      expect(
        (await follow({ '/boot.ipxe': unknownServerScript() }, { platform: platform ?? '' })).outcome.end,
      ).to.equal(end);
  });

  it('runs the command after && on success and after || on failure', async () => {
    const outcome = async (line: string) => (await one(line, 'exit')).end;
    expect(await outcome(`iseq ${setting('platform')} efi && reboot || poweroff`)).to.equal('reboot');
    expect(await outcome(`iseq ${setting('platform')} bios && reboot || poweroff`)).to.equal('poweroff');
    expect(await outcome(`isset ${setting('nothing')} || echo none`)).to.equal('exit');
    expect(await outcome(`isset ${setting('nothing')}`)).to.equal('failed');
  });

  it('handles a chained script that fails, and goes on after one that exits', async () => {
    const files = {
      '/boot.ipxe': script('chain a || goto b', ':b', 'chain c', 'reboot'),
      '/a': script('nonsense'),
    };
    expect((await follow({ ...files, '/c': script('exit') })).outcome.end).to.equal('reboot');
    expect((await follow({ ...files, '/c': script('poweroff') })).outcome.end).to.equal('poweroff');
  });

  for (const [what, lines, why] of [
    ['an unknown command', ['nonsense'], 'command not found'],
    ['a missing label', ['goto nowhere'], 'No such label'],
    ['a kernel that is not there', ['kernel http://h/missing', 'boot'], 'could not be downloaded'],
    ['boot without a kernel', ['boot'], 'no kernel'],
    ['a loop', [':a', 'goto a'], 'too many commands'],
    ['a chain to itself', ['chain boot.ipxe'], 'chain too deeply'],
  ] as const)
    it(`fails for ${what}`, async () => {
      const outcome = await one(...lines);
      expect(outcome.end).to.equal('failed');
      expect(outcome.end === 'failed' ? outcome.why : '').to.include(why);
    });

  it('refuses what is no iPXE script', async () => {
    expect((await follow({ '/boot.ipxe': '<html>' })).outcome.end).to.equal('failed');
  });
});
