import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, use, useEffect, useState } from 'react';
import { follow, type LiveState } from '../api/live.ts';

const LiveContext = createContext<LiveState>('connecting');

/** Whether what is shown follows what changes. */
export function useLive(): LiveState {
  return use(LiveContext);
}

/** Keeps everything below it up to date. */
export function LiveUpdates({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>('connecting');
  useEffect(() => {
    const over = new AbortController();
    void follow(client, setState, over.signal);
    return () => over.abort();
  }, [client]);
  return <LiveContext value={state}>{children}</LiveContext>;
}
