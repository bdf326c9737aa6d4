import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { newNode } from '../builders/records.ts';
import { type ApiBench, startApiBench } from '../contract/api/api-bench.ts';
import { freePort } from '../services/free-port.ts';
import { run } from '../services/process.ts';
import { type TemporaryFolder, temporaryFolder } from '../services/temporary-folder.ts';
import { PROGRAM } from './kurogane-command.ts';

/** Completes each line in a shell of its own terminal, and prints what became of it. */
const ZSH = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PS1= PS2= RPS1=; unsetopt zle_bracketed_paste; setopt no_auto_menu; autoload -U compinit; compinit -u -D; source $FOLDER/completion.zsh'
zpty -w shell 'report() { print -r -- "BUFFER<$BUFFER>"; BUFFER=; }; zle -N report; bindkey "^X" report; bindkey "^I" complete-word; print REA""DY'
local answer
zpty -r -m shell answer '*READY*'
for typed in "$@"; do
  zpty -w -n shell "$typed"$'\\t\\x18'
  answer=
  zpty -r -m shell answer '*BUFFER<*>*'
  print -r -- "\${\${answer##*BUFFER<}%%>*}"
done
zpty -d shell
`;

/** Runs a command in a terminal, and types into it where it asks. */
const ASKED = `
zmodload zsh/zpty
for typed in "$@"; do
  zpty terminal 'kurogane server return web-1; print "CODE=$?="'
  local asked= ended=
  zpty -r -m terminal asked '*go on: *'
  zpty -w -n terminal "$typed"
  zpty -r -m terminal ended '*CODE=*=*'
  print -r -- "\${\${ended##*CODE=}%%=*} \${\${ended//[[:cntrl:]]/ }%%CODE*}"
  zpty -d terminal
done
`;

/** Words of a line, the last one unfinished → what bash would offer, a line for each line. */
const BASH = `
source "$FOLDER/completion.bash"
for typed in "$@"; do
  COMP_WORDS=()
  left="kurogane/$typed/"
  while [ -n "$left" ]; do COMP_WORDS+=("\${left%%/*}"); left="\${left#*/}"; done
  COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
  _kurogane
  (IFS=' '; echo "\${COMPREPLY[*]}")
done
`;

describe('the completion of a shell', function () {
  this.timeout(60_000);
  let bench: ApiBench;
  let folder: TemporaryFolder;
  let env: Record<string, string>;
  before(async () => {
    bench = await startApiBench();
    folder = await temporaryFolder('kurogane-completion-');
    await symlink(PROGRAM, join(folder.path, 'kurogane'));
    env = {
      PATH: `${folder.path}:${process.env.PATH ?? ''}`,
      FOLDER: folder.path,
      TERM: 'xterm',
      OS_AUTH_TYPE: 'none',
      OS_ENDPOINT: `${bench.url}/lifecycle`,
    };
    for (const shell of ['bash', 'zsh']) {
      const { stdout } = await run({ command: 'kurogane', args: ['completion', shell], env });
      await writeFile(join(folder.path, `completion.${shell}`), stdout);
    }
    await bench.store.nodes.create(newNode({ uuid: '7f3b0a5e-0000-4000-8000-00000000000a', name: 'web-1' }));
    await bench.store.nodes.create(newNode({ uuid: '5c1d0a5e-0000-4000-8000-00000000000b', name: 'web-2' }));
    await bench.store.nodes.create(newNode({ uuid: '5c1d0a5e-0000-4000-8000-00000000000c', name: 'db-1' }));
    await bench.store.profiles.create({ name: 'ubuntu-24.04' });
  });
  after(async () => {
    await bench?.[Symbol.asyncDispose]();
    await folder?.remove();
  });

  async function lines(shell: 'bash' | 'zsh', typed: readonly string[], more = {}): Promise<string[]> {
    const given =
      shell === 'bash' ? ['--norc', '-c', BASH, 'bash', ...typed] : ['-f', '-c', ZSH, 'zsh', ...typed];
    const { stdout, stderr } = await run({
      ...{ command: shell, args: given, env: { ...env, ...more }, timeout_ms: 50_000 },
    });
    expect(stderr).to.equal('');
    return stdout.replaceAll('\r', '').split('\n').slice(0, -1);
  }

  it('is that of bash', async () => {
    const rows: [typed: string, offered: RegExp][] = [
      ['ser', /^serve server$/],
      ['server/', /^list .*\bshow set\b/],
      ['server/list/--st', /^--stage$/],
      ['server/show/x/--out', /^--output$/],
      ['server/list/--stage/in', /^inventory in-use$/],
      ['server/list/--stage/=/in', /^inventory in-use$/],
      ['server/list/--power-state/pow', /^power\\ on power\\ off$/],
      ['server/reboot/db-1/web', /^web-1 web-2$/],
      ['server/show/7f3b', /^7f3b0a5e-0000-4000-8000-00000000000a$/],
      ['schedule/create/--servers/db-1/web-', /^web-1 web-2$/],
      ['flavor/create/--profile-uuid/u', /^ubuntu-24\.04$/],
      ['server/list/-c/prod', /^product_name$/],
      ['-o', /^$/],
      ['nonsense/', /^api /],
    ];
    const offered = await lines(
      'bash',
      rows.map(([typed]) => typed),
    );
    for (const [index, [typed, wanted]] of rows.entries()) expect(offered[index], typed).to.match(wanted);
  });

  it('is that of zsh', async () => {
    const rows: [typed: string, became: string][] = [
      ['kurogane serv', 'kurogane serve'],
      ['kurogane server list --stage inv', 'kurogane server list --stage inventory '],
      ['kurogane server list --stage=inv', 'kurogane server list --stage=inventory '],
      ['kurogane server list --power-state power\\ of', 'kurogane server list --power-state power\\ off '],
      ['kurogane server show d', 'kurogane server show db-1 '],
      ['kurogane server show web', 'kurogane server show web-'],
      ['kurogane profile show u', 'kurogane profile show ubuntu-24.04 '],
      ['kurogane iso upload /etc/hostn', 'kurogane iso upload /etc/hostname '],
    ];
    expect(
      await lines(
        'zsh',
        rows.map(([typed]) => typed),
      ),
    ).to.deep.equal(rows.map(([, became]) => became));
  });

  it('is in a terminal where a person is asked: another name, Ctrl-D and Ctrl-C do nothing', async () => {
    const { stdout, stderr } = await run({
      ...{ command: 'zsh', args: ['-f', '-c', ASKED, 'zsh', 'web-2\n', '\u0004', '\u0003'], env },
      timeout_ms: 50_000,
    });
    const [other = '', ended = '', interrupted = ''] = stdout.split('\n');
    expect(other, stderr).to.match(/^2 .*nothing was done/);
    expect(ended).to.match(/^2 .*nothing was done/);
    expect(interrupted).to.match(/^130 /);
  });

  it('is silent when nobody is logged in, or answers', async () => {
    for (const more of [{ OS_AUTH_TYPE: '' }, { OS_ENDPOINT: `http://127.0.0.1:${await freePort()}` }])
      expect(await lines('bash', ['server/show/'], more)).to.deep.equal(['']);
  });
});
