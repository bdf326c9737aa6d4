import { useEffect, useState } from 'react';

/** Leads the keyboard back to where a dialog was opened from, once whoever calls this is gone: also when several dialogs followed each other. */
export function useFocusReturn(): void {
  const [opener] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      // After what else leads it away from a dialog that ends.
      setTimeout(() => {
        if (document.activeElement !== document.body) return;
        const there = opener instanceof HTMLElement && opener.isConnected && opener !== document.body;
        const place = there ? opener : document.querySelector<HTMLElement>('main');
        place?.focus();
      });
    },
    [opener],
  );
}
