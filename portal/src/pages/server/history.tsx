import { useInfiniteQuery } from '@tanstack/react-query';
import { stateHistory } from '../../api/servers.ts';
import type { HistoryEntry, ServerDetail } from '../../api/types.ts';
import { Age, span } from '../../parts/age.tsx';
import { Listing } from '../../parts/rows.tsx';
import { Time } from '../../parts/time.tsx';
import { useLanguage, useText } from '../../text/text.ts';

/** What happened to the server, newest first: in which state it was, for how long, and what was said. */
export function History({ server }: { server: ServerDetail }) {
  const say = useText();
  const language = useLanguage();
  const query = useInfiniteQuery(stateHistory(server.uuid));
  const lasted = (from: string, until: string): string =>
    span(Math.max(1, Math.round((Date.parse(until) - Date.parse(from)) / 1000)), language);
  return (
    <Listing<HistoryEntry>
      query={query}
      label={say('server.tab.history')}
      empty={{ title: say('history.empty') }}
      keyOf={({ uuid }) => uuid}
      columns={[
        {
          key: 'when',
          label: say('audit.when'),
          cell: ({ created_at }) => <Time time={created_at} />,
        },
        { key: 'state', label: say('history.state'), cell: (entry) => <State entry={entry} /> },
        {
          key: 'lasted',
          label: say('history.lasted'),
          cell: ({ created_at, until }) =>
            until === null ? <Age since={created_at} /> : lasted(created_at, until),
        },
        {
          key: 'event',
          label: say('history.event'),
          cell: ({ event, severity }) => (
            <span className={severity === 'ERROR' ? 'k-history-error' : ''}>
              <bdi>{event}</bdi>
            </span>
          ),
        },
      ]}
    />
  );
}

function State({ entry: { state, target_provision_state: target } }: { entry: HistoryEntry }) {
  if (state === null) return <span className="k-quiet">–</span>;
  return (
    <span className="k-nowrap">
      {state}
      {target !== null && target !== state && <span className="k-quiet"> → {target}</span>}
    </span>
  );
}
