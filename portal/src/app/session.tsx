import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useState } from 'react';
import { ask, onSessionOver } from '../api/http.ts';
import type { Session } from '../api/types.ts';
import { Loading } from '../parts/loading.tsx';
import { SignInDialog, SignInPage } from './sign-in.tsx';

/** Where to work: the whole system, or a project by its id. */
export type Place = 'system' | { project: string };

interface SessionState {
  session: Session;
  /** Another project, or the system: everything is read anew. @throws ApiError */
  move(place: Place): Promise<void>;
  signOut(): Promise<void>;
}

const SessionContext = createContext<SessionState | null>(null);
const KEPT_PLACE = 'kurogane.place';
/** setTimeout takes no more. */
const LONGEST_WAIT_MS = 2_147_483_647;

/** Who is signed in. Only below `SignedIn`. */
export function useSession(): SessionState {
  const state = use(SessionContext);
  if (state === null) throw new Error('useSession outside of SignedIn');
  return state;
}

export function keptPlace(): Place | undefined {
  const kept = localStorage.getItem(KEPT_PLACE);
  if (kept === null) return undefined;
  return kept === 'system' ? 'system' : { project: kept };
}

/** Shows its children to who is signed in. When a session ends, they stay as they are under the dialog to sign in again. */
export function SignedIn({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [session, setSession] = useState<Session | null>(null);
  const [over, setOver] = useState(false);
  const first = useQuery({
    queryKey: ['session'],
    queryFn: ({ signal }) => ask<{ session: Session | null }>('/portal/session', { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    retry: 3,
  });
  const current = session ?? first.data?.session ?? null;

  useEffect(() => onSessionOver(() => setOver(true)), []);
  useEffect(() => {
    if (current === null) return;
    const left_ms = Date.parse(current.expires_at) - Date.now();
    const timer = setTimeout(() => setOver(true), Math.min(Math.max(0, left_ms), LONGEST_WAIT_MS));
    return () => clearTimeout(timer);
  }, [current]);

  const take = useCallback(
    (begun: Session, other: boolean): void => {
      localStorage.setItem(KEPT_PLACE, begun.system ? 'system' : (begun.project?.id ?? ''));
      setSession(begun);
      setOver(false);
      // Of somebody else, or of another project, nothing may stay to be seen.
      if (other) client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' });
      void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' });
    },
    [client],
  );

  const state = useMemo<SessionState | null>(() => {
    if (current === null) return null;
    return {
      session: current,
      async move(place) {
        const { session: begun } = await ask<{ session: Session }>('/portal/session', {
          method: 'PUT',
          body: { scope: place },
        });
        take(begun, true);
      },
      async signOut() {
        await ask('/portal/session', { method: 'DELETE' });
        client.clear();
        location.assign('/portal/');
      },
    };
  }, [current, take, client]);

  if (first.isPending) return <Loading />;
  if (state === null) return <SignInPage done={(begun) => take(begun, true)} />;
  return (
    <SessionContext value={state}>
      <div key={keyOf(state.session)}>{children}</div>
      {over && (
        <SignInDialog
          username={state.session.user}
          done={(begun) => take(begun, keyOf(begun) !== keyOf(state.session))}
        />
      )}
    </SessionContext>
  );
}

/** Another key, another sight: pages begin anew. */
function keyOf({ user, project, system }: Session): string {
  return JSON.stringify([user, system, project?.id]);
}
