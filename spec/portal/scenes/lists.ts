import { AWAY, all, check, DIALOG, press, type Scene } from './scene.ts';

const select = (...servers: string[]) =>
  all(...servers.map((server) => check(`[data-server]:has-text("${server}") input[type=checkbox]`)));

/** A tool of the menu of everything that is selected. */
const tool = (name: string) =>
  all(press('.k-toolbar button:has-text("Actions")'), press(`[role=menuitem]:has-text("${name}")`));

/** Tables of servers. */
export const LISTS: readonly Scene[] = [
  {
    what: 'sort and filters',
    at: '/stages/registration?sort=name&dir=desc&vendor=Kita+Systems&attention=true',
    ready: '.k-toolbar .pf-v6-c-label',
  },
  { what: 'list that nothing fits', at: '/stages/registration?q=nothing', ready: '.pf-v6-c-empty-state' },
  {
    what: 'list that cannot be read',
    at: '/stages/deletion',
    ready: '.pf-v6-c-alert',
    answers: { '**/lifecycle/v1/servers?*': AWAY },
    refused: true,
  },
  {
    what: 'choice of columns',
    at: '/stages/registration',
    ready: 'tbody tr',
    act: press('.k-toolbar [aria-label=Columns]'),
    seen: '.pf-v6-c-menu',
  },
  {
    what: 'menu of a row',
    at: '/stages/registration',
    ready: 'tbody tr',
    act: press('[data-server] .k-column-actions button'),
    seen: '.pf-v6-c-menu .k-tool',
  },
  {
    what: 'menu of many',
    at: '/stages/inventory',
    ready: 'tbody tr',
    act: all(select('stock-8', 'stock-12'), press('.k-toolbar button:has-text("Actions")')),
    seen: '.pf-v6-c-menu .k-tool',
  },
  {
    what: 'boot device of many',
    at: '/stages/inventory',
    ready: 'tbody tr',
    act: all(select('stock-8', 'server-0'), tool('Set the boot device')),
    seen: '#device',
  },
  {
    what: 'dialog that warns',
    at: '/stages/inventory',
    ready: 'tbody tr',
    act: all(select('stock-8'), tool('Reset')),
    seen: `${DIALOG} .pf-v6-c-alert`,
  },
  {
    what: 'what came of it for many',
    at: '/stages/inventory',
    ready: 'tbody tr',
    act: all(select('stock-8', 'server-0'), tool('Power on'), press('button[form=tool-form]')),
    seen: '.k-result-begun',
  },
  {
    what: 'what was refused to many',
    at: '/stages/inventory',
    ready: 'tbody tr',
    act: all(select('stock-8', 'stock-12'), tool('Power on'), press('button[form=tool-form]')),
    seen: `.k-result-failed .k-result-why >> nth=1`,
    answers: { '**/actions/power-on': AWAY },
    refused: true,
  },
  {
    what: 'maintenance, with a reason',
    at: '/stages/in-use',
    ready: 'tbody tr',
    act: all(select('stock-9'), tool('Move to maintenance')),
    seen: '#reason',
  },
];
