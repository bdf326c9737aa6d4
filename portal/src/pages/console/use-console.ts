import { useEffect, useState } from 'react';
import type { ConsoleType } from '../../api/consoles.ts';
import { type Attach, type ConsoleState, keepConsole } from './console-line.ts';

export interface Console {
  state: ConsoleState;
  /** Once more. @param take_over somebody else who has the serial port loses it */
  open: (take_over?: boolean) => void;
  close: () => void;
}

/** A console of a server, open for as long as whoever shows it is there. @param attach null: there is nothing yet to show it in */
export function useConsole(server: string, type: ConsoleType, attach: Attach | null): Console {
  const [state, setState] = useState<ConsoleState>({ now: 'connecting' });
  const [wish, setWish] = useState({ open: true, take_over: false });
  useEffect(() => {
    if (attach === null || !wish.open) return;
    const left = new AbortController();
    const tell = (state: ConsoleState): void => {
      if (!left.signal.aborted) setState(state);
    };
    void keepConsole(server, { type, take_over: wish.take_over }, { attach, tell }, left.signal);
    return () => left.abort();
  }, [server, type, attach, wish]);
  return {
    state,
    open: (take_over = false) => setWish({ open: true, take_over }),
    close: () => {
      setWish({ open: false, take_over: false });
      setState({ now: 'over', ending: 'left', words: '' });
    },
  };
}
