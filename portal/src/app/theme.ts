import { useSyncExternalStore } from 'react';

export type Theme = 'light' | 'dark';

const KEPT = 'kurogane.theme';
const DARK_CLASS = 'pf-v6-theme-dark';
const CHANGED = 'kurogane-theme';

function chosen(): Theme {
  const kept = localStorage.getItem(KEPT);
  if (kept === 'light' || kept === 'dark') return kept;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

/** Gives the page the theme that was chosen, or else the system's. */
export function applyTheme(): void {
  document.documentElement.classList.toggle(DARK_CLASS, chosen() === 'dark');
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEPT, theme);
  applyTheme();
  dispatchEvent(new Event(CHANGED));
}

export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    addEventListener(CHANGED, listener);
    return () => removeEventListener(CHANGED, listener);
  }, chosen);
}
