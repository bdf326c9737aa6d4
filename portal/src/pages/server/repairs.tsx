import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Repair, ServerDetail } from '../../api/types.ts';
import { agree, repairs } from '../../api/upkeep.ts';
import { Failure } from '../../parts/failure.tsx';
import { Loading } from '../../parts/loading.tsx';
import { SimpleTable } from '../../parts/simple-table.tsx';
import { Time } from '../../parts/time.tsx';
import { useLanguage, useText } from '../../text/text.ts';
import { FormDialog } from './form-dialog.tsx';

const LOOKS = {
  ...{ proposed: 'pending', agreed: 'active', kept: 'done' },
  ...{ missed: 'missed', done: 'done', cancelled: 'cancelled' },
} as const;

/** Work at the server that has dates; whoever has the server agrees to them. */
export function Repairs({ server }: { server: ServerDetail }) {
  const say = useText();
  const language = useLanguage();
  const { data, error, refetch } = useQuery(repairs(server.uuid));
  const [agreeing, setAgreeing] = useState<Repair | null>(null);
  const timeOf = (time: string | null): string =>
    time === null
      ? '–'
      : new Date(time).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' });
  return (
    <section>
      <h2 className="k-subtitle">{say('repairs.title')}</h2>
      {error !== null && <Failure error={error} again={() => void refetch()} />}
      {data === undefined && error === null && <Loading />}
      {data?.length === 0 && <p className="k-quiet">{say('repairs.none')}</p>}
      {data !== undefined && data.length > 0 && (
        <SimpleTable
          label={say('repairs.title')}
          head={[say('repairs.what'), say('repairs.dates'), say('repairs.state'), say('repairs.agreed')]}
          rows={data.map((repair) => ({
            key: repair.uuid,
            cells: [
              <What key="what" repair={repair} />,
              <span key="dates" className="k-nowrap">
                <Time time={repair.agreed_from ?? repair.proposed_from} />
                {' – '}
                <Time time={repair.agreed_until ?? repair.proposed_until} />
              </span>,
              repair.repair_state !== null && (
                <span key="state" className={`k-outcome k-outcome-${LOOKS[repair.repair_state]}`}>
                  {say(`repairs.state.${repair.repair_state}`)}
                </span>
              ),
              repair.repair_state === 'proposed' ? (
                <Button
                  key="agree"
                  variant="secondary"
                  size="sm"
                  aria-label={say('repairs.agree.one', { what: repair.what })}
                  onClick={() => setAgreeing(repair)}
                >
                  {say('repairs.agree')}
                </Button>
              ) : repair.agreed_at === null ? null : (
                <span key="agreed">
                  <bdi>{repair.agreed_by}</bdi> <Time time={repair.agreed_at} />
                </span>
              ),
            ],
          }))}
        />
      )}
      {agreeing !== null && (
        <FormDialog
          title={say('repairs.agree.one', { what: agreeing.what })}
          go={say('repairs.agree')}
          run={() => agree(server.uuid, agreeing.uuid)}
          close={() => setAgreeing(null)}
        >
          <p>
            {say('repairs.agree.body', {
              from: timeOf(agreeing.proposed_from),
              until: timeOf(agreeing.proposed_until),
            })}
          </p>
        </FormDialog>
      )}
    </section>
  );
}

function What({ repair: { kind, what, hot } }: { repair: Repair }) {
  const say = useText();
  return (
    <>
      <span className="k-quiet">{say(`repairs.kind.${kind}`)}</span> <bdi>{what}</bdi>
      {hot !== null && (
        <span className="k-quiet k-small"> ({say(hot ? 'repairs.hot' : 'repairs.cold')})</span>
      )}
    </>
  );
}
