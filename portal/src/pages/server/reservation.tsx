import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Reservation as Held, ServerDetail } from '../../api/types.ts';
import { breakReservation, reservation } from '../../api/upkeep.ts';
import { Age } from '../../parts/age.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Summary } from '../../parts/summary.tsx';
import { Time } from '../../parts/time.tsx';
import { useText } from '../../text/text.ts';
import { FormDialog } from './form-dialog.tsx';
import { kindText } from './timeline.tsx';

/** Who holds the server, why and since when, and the way to take it away from a holder that does not end. */
export function Reservation({ server }: { server: ServerDetail }) {
  const say = useText();
  const { data, error, refetch } = useQuery(reservation(server.uuid));
  const [breaking, setBreaking] = useState<Held | null>(null);
  return (
    <section>
      <h2 className="k-subtitle">{say('reservation.title')}</h2>
      {error !== null && <Failure error={error} again={() => void refetch()} />}
      {data === undefined && error === null && <Loading />}
      {data !== undefined && !data.reserved && data.job === null && (
        <p className="k-quiet">{say('reservation.free')}</p>
      )}
      {data !== undefined && (data.reserved || data.job !== null) && <Holder held={data} />}
      {data?.reserved === true && server.side === 'provider' && (
        <Button variant="danger" size="sm" onClick={() => setBreaking(data)}>
          {say('reservation.break')}
        </Button>
      )}
      {breaking !== null && (
        <FormDialog
          title={say('reservation.break')}
          lead={say('reservation.break.body', { state: breaking.if_broken?.provision_state ?? '–' })}
          go={say('reservation.break')}
          danger
          run={() => breakReservation(server.uuid, breaking.job?.uuid ?? null)}
          close={() => setBreaking(null)}
        >
          <p>{say('reservation.break.check')}</p>
          <p className="k-quiet k-small">{breaking.if_broken?.message}</p>
          <p className="k-quiet k-small">{say('reservation.breaking')}</p>
        </FormDialog>
      )}
    </section>
  );
}

function Holder({ held }: { held: Held }) {
  const say = useText();
  const { holder, since, job, what_happens_code } = held;
  return (
    <Summary
      facts={[
        [say('reservation.holder'), <bdi key="holder">{holder ?? '–'}</bdi>],
        [say('reservation.since'), <Age key="since" since={since} />],
        ...(job === null
          ? []
          : ([
              [say('reservation.work'), `${kindText(job.kind, say)} (${say(`timeline.state.${job.state}`)})`],
              [say('reservation.step'), <code key="step">{job.step ?? '–'}</code>],
              [say('reservation.asked'), <bdi key="user">{job.user ?? '–'}</bdi>],
              [say('reservation.lease'), <Time key="lease" time={job.lease_ends ?? job.waits_until} />],
            ] as const)),
        [say('reservation.next'), say(`reservation.next.${what_happens_code}`)],
      ]}
    />
  );
}
