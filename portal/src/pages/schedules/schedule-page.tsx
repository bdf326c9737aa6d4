import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { cancelSchedule, scheduleDetail } from '../../api/schedules.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Outcome } from '../../parts/outcome.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Refusal } from '../../parts/refusal.tsx';
import { Rows, Value } from '../../parts/rows.tsx';
import { Summary } from '../../parts/summary.tsx';
import { Time } from '../../parts/time.tsx';
import { useText } from '../../text/text.ts';
import { workText } from './work-text.ts';

/** A schedule, its windows to come, and what became of its servers. */
export function SchedulePage() {
  const say = useText();
  const client = useQueryClient();
  const { schedule: uuid = '' } = useParams();
  const [asking, setAsking] = useState(false);
  const { data: schedule, error, refetch } = useQuery(scheduleDetail(uuid));
  const cancel = useMutation({
    mutationFn: () => cancelSchedule(uuid),
    onSuccess: (answer) => {
      client.setQueryData(['schedules', 'one', uuid], answer);
      return client.invalidateQueries({ queryKey: ['schedules', 'pages'] });
    },
  });
  if (error !== null && schedule === undefined) return <Failure error={error} again={() => void refetch()} />;
  if (schedule === undefined) return <Loading />;
  const { os_off, limits } = schedule;
  return (
    <>
      <PageHead
        title={<bdi>{schedule.name ?? workText(schedule.what, say)}</bdi>}
        above={<Link to="/schedules">{say('nav.schedules')}</Link>}
      >
        <Outcome state={schedule.state} />
        {schedule.state === 'active' && (
          <Button variant="secondary" isDisabled={cancel.isPending} onClick={() => setAsking(true)}>
            {say('schedule.cancel')}
          </Button>
        )}
      </PageHead>
      <Refusal title={say('refused')} error={cancel.error} />
      <Summary
        facts={[
          [
            'UUID',
            <Value key="u" mono>
              {schedule.uuid}
            </Value>,
          ],
          [say('schedule.what'), <Value key="w">{workText(schedule.what, say)}</Value>],
          [say('schedule.next'), <Time key="n" time={schedule.next_at} zoned />],
          [
            say('schedule.again'),
            <Value key="c" mono>
              {schedule.cron}
            </Value>,
          ],
          [say('schedule.zone'), <Value key="z">{schedule.time_zone}</Value>],
          [say('schedule.window'), <Value key="s">{schedule.window_s / 60}</Value>],
          [
            say('schedule.osoff'),
            <Value key="o">
              {os_off === null
                ? null
                : `${os_off.wait_s} s + ${os_off.soft_s} s${os_off.hard ? ` + ${say('schedule.hard')}` : ''}`}
            </Value>,
          ],
          [say('schedule.at_once'), <Value key="a">{limits.at_once}</Value>],
          [say('schedule.per_rack'), <Value key="r">{limits.per_rack}</Value>],
          [say('schedule.per_project'), <Value key="p">{limits.per_project}</Value>],
          [say('masthead.place'), <Value key="pr">{schedule.project}</Value>],
        ]}
      />
      {schedule.windows.length > 0 && (
        <>
          <h2 className="k-subtitle">{say('schedule.windows')}</h2>
          <Windows windows={schedule.windows} />
        </>
      )}
      {schedule.runs.length > 0 && (
        <>
          <h2 className="k-subtitle k-gap">{say('schedule.runs')}</h2>
          <Rows
            label={say('schedule.runs')}
            rows={schedule.runs}
            keyOf={({ server_uuid, window_start }) => `${server_uuid} ${window_start}`}
            columns={[
              {
                key: 'server',
                label: say('list.title'),
                cell: ({ server_uuid }) => (
                  <Link to={`/servers/${server_uuid}`} className="k-mono" title={server_uuid}>
                    {server_uuid.slice(0, 8)}
                  </Link>
                ),
              },
              {
                key: 'state',
                label: say('column.provision_state'),
                cell: ({ state }) => <Outcome state={state} />,
              },
              {
                key: 'window',
                label: say('schedule.window.start'),
                cell: ({ window_start }) => <Time time={window_start} />,
              },
              {
                key: 'began',
                label: say('schedule.began'),
                cell: ({ started_at }) => <Time time={started_at} />,
              },
              {
                key: 'ended',
                label: say('order.finished'),
                cell: ({ finished_at }) => <Time time={finished_at} />,
              },
              {
                key: 'why',
                label: say('order.why'),
                cell: ({ last_error }) => <span className="k-why">{last_error ?? ''}</span>,
              },
            ]}
          />
        </>
      )}
      {asking && (
        <Confirm
          title={say('schedule.cancel')}
          go={say('schedule.cancel')}
          close={() => setAsking(false)}
          run={() => cancel.mutate()}
        >
          {say('schedule.cancel.body')}
        </Confirm>
      )}
    </>
  );
}

/** Time spans, one a line. */
export function Windows({ windows }: { windows: readonly { start: string; end: string }[] }) {
  return (
    <ol className="k-windows">
      {windows.map(({ start, end }) => (
        <li key={start}>
          <Time time={start} /> – <Time time={end} zoned />
        </li>
      ))}
    </ol>
  );
}
