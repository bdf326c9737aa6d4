import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Link } from 'react-router';
import { listing } from '../../api/listing.ts';
import { dropNotice, NOTICES, retryNotice } from '../../api/notices.ts';
import type { Notice } from '../../api/types.ts';
import { useSession } from '../../app/session.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { FilterForm, useFilters } from '../../parts/filter-form.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Refusal } from '../../parts/refusal.tsx';
import { Listing, type RowColumn, Value } from '../../parts/rows.tsx';
import { ServerLink } from '../../parts/server-link.tsx';
import { Time } from '../../parts/time.tsx';
import { type Say, useText } from '../../text/text.ts';
import { TABLES } from '../tables/table-facts.ts';
import { Delivery } from './delivery.tsx';

const FOLLOW_MS = 5000;

/** What people were told, of which server, by which way, and whether it came there. A project sees what goes to its own subscriptions. */
export function NoticesPage() {
  const say = useText();
  const client = useQueryClient();
  const { system } = useSession().session;
  const [leaving, setLeaving] = useState<Notice | null>(null);
  const fields = useMemo(() => fieldsOf(say), [say]);
  const query = useInfiniteQuery({
    ...listing<Notice>(NOTICES, 'notices', { sort_dir: 'desc', ...useFilters(fields) }),
    refetchInterval: FOLLOW_MS,
  });
  const again = () => client.invalidateQueries({ queryKey: ['notices'] });
  const retry = useMutation({ mutationFn: retryNotice, onSettled: again });
  const drop = useMutation({ mutationFn: dropNotice, onSettled: again });
  const subscriptions = TABLES.find(({ name }) => name === 'subscriptions');
  return (
    <>
      <PageHead title={say('nav.notices')}>
        {(system || subscriptions?.everybody === true) && (
          <Link to="/admin/subscriptions">{say('notice.where')}</Link>
        )}
      </PageHead>
      <Refusal title={say('refused')} error={retry.error ?? drop.error} />
      <FilterForm label={say('list.filters')} fields={fields} error={query.error} />
      <Listing
        query={query}
        empty={{ title: say('notice.none'), body: say('notice.none.body') }}
        label={say('nav.notices')}
        keyOf={({ uuid }) => uuid}
        columns={[
          ...columnsOf(say, system),
          {
            key: say('column.actions'),
            label: '',
            cell: (notice) => (
              <span className="k-inline">
                {notice.state === 'dead' && (
                  <Button
                    variant="link"
                    isInline
                    aria-label={say('notice.retry.of', { event: notice.event })}
                    onClick={() => retry.mutate(notice.uuid)}
                  >
                    {say('notice.retry')}
                  </Button>
                )}
                {(notice.state === 'dead' || notice.state === 'queued') && (
                  <Button
                    variant="link"
                    isInline
                    isDanger
                    aria-label={say('notice.drop.of', { event: notice.event })}
                    onClick={() => setLeaving(notice)}
                  >
                    {say('notice.drop')}
                  </Button>
                )}
              </span>
            ),
          },
        ]}
      />
      {leaving !== null && (
        <Confirm
          title={say('notice.drop.of', { event: leaving.event })}
          go={say('notice.drop')}
          close={() => setLeaving(null)}
          run={() => drop.mutate(leaving.uuid)}
        >
          {say('notice.drop.body')}
        </Confirm>
      )}
    </>
  );
}

const STATES = ['queued', 'sent', 'dead', 'dropped'] as const;
const SEVERITIES = ['info', 'warning', 'error'] as const;
const OUTLETS = ['slack', 'webhook', 'email'] as const;

function fieldsOf(say: Say) {
  return [
    {
      name: 'state',
      label: say('notice.state'),
      choices: STATES.map((value) => ({ value, label: say(`outcome.${value}`) })),
    },
    {
      name: 'severity',
      label: say('notice.severity'),
      choices: SEVERITIES.map((value) => ({ value, label: say(`notice.severity.${value}`) })),
    },
    {
      name: 'outlet',
      label: say('notice.outlet'),
      choices: OUTLETS.map((value) => ({ value, label: say(`notice.outlet.${value}`) })),
    },
    { name: 'event', label: say('notice.event') },
    { name: 'server_uuid', label: say('audit.server') },
  ];
}

function columnsOf(say: Say, system: boolean): RowColumn<Notice>[] {
  return [
    { key: 'when', label: say('notice.when'), cell: ({ created_at }) => <Time time={created_at} /> },
    {
      key: 'severity',
      label: say('notice.severity'),
      cell: ({ severity }) => (
        <span className={`k-severity k-severity-${severity}`}>{say(`notice.severity.${severity}`)}</span>
      ),
    },
    {
      key: 'event',
      label: say('notice.event'),
      cell: ({ event }) => <span className="k-mono">{event}</span>,
    },
    {
      key: 'text',
      label: say('notice.text'),
      cell: ({ payload }) => (
        <bdi className="k-why">{String((payload as Readonly<Record<string, unknown>>).text ?? '–')}</bdi>
      ),
    },
    {
      key: 'server',
      label: say('audit.server'),
      cell: ({ server_uuid }) => <ServerLink uuid={server_uuid} />,
    },
    ...(system
      ? [
          {
            key: 'project',
            label: say('audit.project'),
            cell: ({ project }: Notice) => <Value>{project}</Value>,
          },
        ]
      : []),
    {
      key: 'outlet',
      label: say('notice.outlet'),
      cell: ({ outlet }) => say(`notice.outlet.${outlet}`),
    },
    { key: 'state', label: say('notice.state'), cell: (notice) => <Delivery notice={notice} /> },
  ];
}
