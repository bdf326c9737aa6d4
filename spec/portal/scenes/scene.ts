import type { Page } from '../browser.ts';

/** A page of the portal with something open, pressed or refused on it. */
export interface Scene {
  what: string;
  /** Below /portal. Words in capitals stand for uuids: furnished-site.ts. */
  at: string;
  /** What is there once all of it is there. */
  ready: string;
  /** What somebody does there; then `seen` is there. */
  act?: (page: Page) => Promise<unknown>;
  seen?: string;
  /** Answers of the service in the place of its own, by their paths. */
  answers?: Readonly<Record<string, { status: number; body: unknown }>>;
  /** What the browser says of it in its console was meant to be. */
  refused?: boolean;
  /** It is done on a phone. */
  phone?: boolean;
  /** It stays over every other page. */
  leaves?: boolean;
}

export const DIALOG = '[role=dialog]';
export const press = (selector: string) => (page: Page) => page.click(selector);
/** One after the other. */
export const all =
  (...acts: ((page: Page) => Promise<unknown>)[]) =>
  async (page: Page) => {
    for (const act of acts) await act(page);
  };
export const fill = (selector: string, value: string) => (page: Page) => page.fill(selector, value);
export const check = (selector: string) => (page: Page) => page.check(selector);
export const refusal = (status: number, faultstring: string) => ({
  status,
  body: { error_message: JSON.stringify({ faultstring }) },
});
export const AWAY = refusal(503, 'The database is away.');
