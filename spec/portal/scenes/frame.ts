import { all, DIALOG, fill, press, type Scene } from './scene.ts';

/** What stands around every page. */
export const FRAME: readonly Scene[] = [
  { what: 'page that is not there', at: '/no/such/page', ready: '.pf-v6-c-empty-state' },
  {
    what: 'account and its places',
    at: '/racks',
    ready: '.k-unit',
    phone: true,
    act: press('.k-masthead .pf-v6-c-menu-toggle'),
    seen: '.pf-v6-c-menu [role=menuitem] >> nth=2',
    leaves: true,
  },
  {
    what: 'navigation on a phone',
    at: '/racks',
    ready: '.k-unit',
    phone: true,
    act: press('.pf-v6-c-masthead__toggle button'),
    seen: '.pf-v6-c-page__sidebar.pf-m-expanded',
  },
  {
    what: 'session that is over',
    at: '/stages/registration',
    ready: 'tbody tr',
    act: all(
      (page) => page.route('**/lifecycle/v1/servers?*', (route) => route.fulfill({ status: 401, json: {} })),
      fill('.k-search input', 'x'),
    ),
    seen: `${DIALOG} #username`,
    refused: true,
    leaves: true,
  },
];
