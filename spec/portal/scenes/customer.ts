import { press, type Scene } from './scene.ts';

/** What a customer sees otherwise. */
export const CUSTOMER_SCENES: readonly Scene[] = [
  { what: 'console that may not be had', at: '/servers/FAILED/console', ready: '.pf-v6-c-empty-state' },
  { what: 'own server', at: '/servers/USED', ready: '.k-facts' },
  {
    what: 'place in a server that is not for customers',
    at: '/servers/USED/audit',
    ready: '.pf-v6-c-empty-state',
  },
  {
    what: 'own server, to be returned',
    at: '/servers/USED',
    ready: '.k-tool-buttons',
    act: press('.k-tool-buttons .pf-m-danger:has-text("Return")'),
    seen: '#confirm',
  },
  { what: 'order', at: '/orders/new', ready: '.k-card', act: press('.k-card'), seen: '#order-count' },
  { what: 'table of the provider', at: '/admin/pools', ready: '.pf-v6-c-empty-state' },
];
