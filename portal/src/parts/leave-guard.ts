import { useEffect, useState } from 'react';
import { guardWayBack } from '../app/way-back.ts';

export interface LeaveGuard {
  /** Somebody wants to leave, and has to be asked. */
  asking: boolean;
  /** Leaves, or asks first. */
  leave: () => void;
  /** The answers. */
  stay: () => void;
  go: () => void;
}

/**
 * Asks before what was typed is thrown away: by closing, by the browser's way back, and, in the browser's own words, by closing the page.
 * @param typed whether there is something to lose.
 */
export function useLeaveGuard(typed: boolean, close: () => void): LeaveGuard {
  const [asking, setAsking] = useState<'closes' | 'goes back' | null>(null);
  useEffect(() => {
    if (!typed) return;
    const unload = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener('beforeunload', unload);
    const end = guardWayBack(() => {
      setAsking('goes back');
      return false;
    });
    return () => {
      window.removeEventListener('beforeunload', unload);
      end();
    };
  }, [typed]);
  return {
    asking: asking !== null,
    leave: () => (typed ? setAsking('closes') : close()),
    stay: () => setAsking(null),
    go: () => {
      close();
      // Once the guard is gone with the form.
      if (asking === 'goes back') setTimeout(() => history.back());
    },
  };
}
