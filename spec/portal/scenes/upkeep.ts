import { DIALOG, press, type Scene } from './scene.ts';

const upkeep = { at: '/servers/FAKE/upkeep', ready: '.k-upkeep .pf-m-danger' };
const settings = { at: '/servers/MENDED/settings', ready: '.k-tool-button .pf-v6-c-button' };
const button = (text: string) => press(`.k-upkeep button:has-text("${text}")`);

/** What changes a server, and what its provider does with it. */
export const UPKEEP: readonly Scene[] = [
  { what: 'all of it', ...upkeep },
  { what: 'quarantine', ...upkeep, act: button('quarantine'), seen: DIALOG },
  {
    what: 'disposal, to be typed',
    ...upkeep,
    act: press('.k-upkeep .pf-m-danger'),
    seen: `${DIALOG} #confirm`,
  },
  {
    what: 'first form of the settings',
    ...settings,
    act: press('.k-tool-button .pf-v6-c-button'),
    seen: DIALOG,
  },
  {
    what: 'second form of the settings',
    ...settings,
    act: press('.k-tool-button .pf-v6-c-button >> nth=1'),
    seen: DIALOG,
  },
];
