import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { endOfSupport, replacementPlan } from '../../api/reports.ts';
import { Download } from '../../parts/download.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Field } from '../../parts/field.tsx';
import { Loading } from '../../parts/loading.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { useText } from '../../text/text.ts';
import { Ending } from './ending.tsx';
import { Plan } from './plan.tsx';

const DAYS = ['30', '90', '180', '365', '1095', '1825'] as const;
const BY = ['month', 'year'] as const;

const FILE = [
  ...(['date', 'what', 'days_left', 'uuid', 'name', 'serial_number', 'manufacturer'] as const),
  ...(['product_name', 'stage', 'rack', 'owner', 'lessee'] as const),
] as const;

/** Servers whose support or warranty ends, by month or year, and what is to be bought in their place. */
export function ReportsPage() {
  const say = useText();
  const [days, setDays] = useState<string>(DAYS[3]);
  const [by, setBy] = useState<(typeof BY)[number]>('month');
  const { data, error, refetch } = useQuery(endOfSupport(days));
  const plan = useQuery(replacementPlan(days));
  return (
    <>
      <PageHead title={say('nav.reports')}>
        <Download name="end-of-support" rows={data?.servers ?? []} columns={FILE} />
      </PageHead>
      <div className="k-filter">
        <Field
          id="report-days"
          label={say('report.days')}
          value={days}
          onChange={setDays}
          choices={DAYS.map((value) => ({ value, label: say(`report.days.${value}`) }))}
        />
        <Field
          id="report-by"
          label={say('report.by')}
          value={by}
          onChange={(value) => setBy(value === 'year' ? 'year' : 'month')}
          choices={BY.map((value) => ({ value, label: say(`report.by.${value}`) }))}
        />
      </div>
      <section aria-labelledby="report-end">
        <h2 className="k-subtitle" id="report-end">
          {say('report.end')}
        </h2>
        {error !== null && <Failure error={error} again={() => void refetch()} />}
        {data === undefined ? error === null && <Loading /> : <Ending servers={data.servers} by={by} />}
      </section>
      <section aria-labelledby="report-plan">
        <h2 className="k-subtitle k-gap" id="report-plan">
          {say('report.plan')}
        </h2>
        {plan.error !== null && <Failure error={plan.error} again={() => void plan.refetch()} />}
        {plan.data === undefined ? plan.error === null && <Loading /> : <Plan models={plan.data.models} />}
      </section>
    </>
  );
}
