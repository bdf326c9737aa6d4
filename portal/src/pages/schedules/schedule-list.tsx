import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from 'react-router';
import { listing } from '../../api/listing.ts';
import { SCHEDULES } from '../../api/schedules.ts';
import type { Schedule } from '../../api/types.ts';
import { Outcome } from '../../parts/outcome.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Listing, Value } from '../../parts/rows.tsx';
import { Time } from '../../parts/time.tsx';
import { useText } from '../../text/text.ts';
import { Month } from './month.tsx';
import { workText } from './work-text.ts';

/** What is to be done on servers and when: by month, and as a list. */
export function ScheduleList() {
  const say = useText();
  const navigate = useNavigate();
  const query = useInfiniteQuery(listing<Schedule>(SCHEDULES, 'schedules'));
  return (
    <>
      <PageHead title={say('nav.schedules')}>
        <Button onClick={() => void navigate('/schedules/new')}>{say('schedule.new')}</Button>
      </PageHead>
      {query.data !== undefined && <Month schedules={query.data} />}
      <Listing
        query={query}
        empty={{
          title: say('schedule.none'),
          body: (
            <>
              {say('schedule.none.body')} <Link to="/schedules/new">{say('schedule.new')}</Link>
            </>
          ),
        }}
        label={say('nav.schedules')}
        keyOf={({ uuid }) => uuid}
        columns={[
          {
            key: 'name',
            label: say('column.name'),
            cell: ({ uuid, name, what }) => (
              <Link to={`/schedules/${uuid}`} className="k-cell-link">
                <Value>{name ?? workText(what, say)}</Value>
              </Link>
            ),
          },
          {
            key: 'state',
            label: say('column.provision_state'),
            cell: ({ state }) => <Outcome state={state} />,
          },
          {
            key: 'what',
            label: say('schedule.what'),
            cell: ({ what }) => <Value>{workText(what, say)}</Value>,
          },
          { key: 'servers', label: say('order.count'), cell: ({ servers }) => servers.length },
          { key: 'next', label: say('schedule.next'), cell: ({ next_at }) => <Time time={next_at} zoned /> },
          {
            key: 'cron',
            label: say('schedule.again'),
            cell: ({ cron, time_zone }) => (
              <Value mono>{cron === null ? null : `${cron} ${time_zone}`}</Value>
            ),
          },
          { key: 'project', label: say('masthead.place'), cell: ({ project }) => <Value>{project}</Value> },
        ]}
      />
    </>
  );
}
