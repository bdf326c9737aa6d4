import { all, check, DIALOG, fill, press, refusal, type Scene } from './scene.ts';

const again = all(
  (page) => page.selectOption('#schedule-tool', 'reboot'),
  (page) => page.selectOption('#schedule-repeat', 'again'),
  fill('#schedule-time_zone', 'Asia/Tokyo'),
);

/** What is done with servers, and what an operator keeps. */
export const SERVICES: readonly Scene[] = [
  {
    what: 'rack unit with its cause',
    at: '/racks',
    ready: '.k-unit-attention',
    act: (page) => page.focus('.k-unit-attention'),
    seen: '.k-cause-tip p >> nth=1',
  },
  { what: 'order that is done', at: '/orders/DONE', ready: '.k-bar' },
  { what: 'order that waits', at: '/orders/WAITS', ready: '.k-bar' },
  {
    what: 'cancelling an order',
    at: '/orders/WAITS',
    ready: '.k-bar',
    act: press('.k-head-actions button'),
    seen: DIALOG,
  },
  {
    what: 'order, chosen and refused',
    at: '/orders/new',
    ready: '.k-card',
    act: all(
      press('.k-card'),
      press('[name=os] >> nth=1'),
      fill('#order-project', 'none'),
      fill('#order-image', 'http://192.0.2.1/x'),
      press('form button[type=submit]'),
    ),
    seen: '#order-count-help .pf-m-error',
    answers: { '**/lifecycle/v1/orders': refusal(400, 'count: there are not so many.') },
    refused: true,
  },
  { what: 'schedule', at: '/schedules/NIGHTLY', ready: '.k-windows' },
  {
    what: 'cancelling a schedule',
    at: '/schedules/NIGHTLY',
    ready: '.k-head-actions button',
    act: press('.k-head-actions button'),
    seen: DIALOG,
  },
  {
    what: 'schedule that comes again, tried',
    at: '/schedules/new?servers=FAKE',
    ready: '#schedule-name',
    act: all(
      again,
      fill('#schedule-cron', '0 2 * * 6'),
      check('#schedule-os_off'),
      press('button[name=dry]'),
    ),
    seen: '.k-windows li',
  },
  {
    what: 'schedule, refused',
    at: '/schedules/new?servers=FAKE',
    ready: '#schedule-name',
    act: all(again, fill('#schedule-cron', 'x y'), press('button[name=make]')),
    seen: '#schedule-cron-help .pf-m-error',
    refused: true,
  },
  {
    what: 'image that is brought, refused',
    at: '/isos',
    ready: '[data-row]',
    act: all(
      (page) =>
        page.setInputFiles('#iso-file', {
          name: 'x.iso',
          mimeType: 'application/octet-stream',
          buffer: Buffer.alloc(64),
        }),
      fill('#iso-sha256', '0'.repeat(64)),
      press('.k-row-form button[type=submit]'),
    ),
    seen: '.k-iso-refused',
    refused: true,
  },
  {
    what: 'upload to go on with, of another file',
    at: '/isos',
    ready: '[data-row]',
    act: all(press('[aria-label^="Go on with"]'), (page) =>
      page.setInputFiles('#iso-file', {
        name: 'x.iso',
        mimeType: 'application/octet-stream',
        buffer: Buffer.alloc(64),
      }),
    ),
    seen: '.pf-v6-c-alert',
  },
  {
    what: 'deleting an image',
    at: '/isos',
    ready: '[data-row]',
    act: press('[data-row] .pf-m-danger'),
    seen: DIALOG,
  },
  {
    what: 'record',
    at: '/admin/pools',
    ready: '[data-row]',
    act: press('[data-row] button'),
    seen: '#record-gateway',
  },
  {
    what: 'quota',
    at: '/quotas',
    ready: '.k-head-actions button',
    act: press('.k-head-actions button'),
    seen: DIALOG,
  },
  {
    what: 'rows from a file',
    at: '/admin/cables',
    ready: '.k-head-actions button',
    act: press('.k-head-actions button:has-text("Import")'),
    seen: DIALOG,
  },
  {
    what: 'traits',
    at: '/servers/PRESENT/hardware',
    ready: '.k-ports',
    act: press('.k-node-part button:has-text("Edit Traits")'),
    seen: DIALOG,
  },
];
