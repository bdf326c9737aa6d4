import { EmptyState, EmptyStateBody } from '@patternfly/react-core/dist/dynamic/components/EmptyState';
import type { EndingServer } from '../../api/types.ts';
import { Rows, Value } from '../../parts/rows.tsx';
import { ServerLink } from '../../parts/server-link.tsx';
import { StageLabel } from '../../parts/stage-label.tsx';
import { useLanguage, useText } from '../../text/text.ts';
import { groupsOf } from './groups.ts';

/** Servers by the month, or the year, in which something of them ends. */
export function Ending({ servers, by }: { servers: readonly EndingServer[]; by: 'month' | 'year' }) {
  const say = useText();
  const language = useLanguage();
  if (servers.length === 0)
    return (
      <EmptyState titleText={say('report.end.none')} headingLevel="h3" variant="sm">
        <EmptyStateBody>{say('report.end.none.body')}</EmptyStateBody>
      </EmptyState>
    );
  const title = (key: string): string =>
    key === ''
      ? say('report.over')
      : new Date(`${key}-01`.slice(0, 10)).toLocaleDateString(language, {
          timeZone: 'UTC',
          year: 'numeric',
          ...(by === 'month' ? { month: 'long' as const } : {}),
        });
  return groupsOf(servers, by).map(({ key, members }) => (
    <details key={key} className="k-group" open>
      <summary>
        <h3 className="k-group-title">{title(key)}</h3>
        <span className="k-quiet">{say('report.count', { count: members.length })}</span>
      </summary>
      <Rows
        label={title(key)}
        rows={members}
        keyOf={({ uuid, what }) => `${uuid}-${what}`}
        columns={[
          {
            key: 'name',
            label: say('column.name'),
            cell: ({ uuid, name }) => <ServerLink uuid={uuid} name={name} />,
          },
          {
            key: 'serial',
            label: say('column.serial_number'),
            cell: ({ serial_number }) => <Value mono>{serial_number}</Value>,
          },
          {
            key: 'product',
            label: say('column.product_name'),
            cell: ({ manufacturer, product_name }) => (
              <Value>{[manufacturer, product_name].filter(Boolean).join(' ')}</Value>
            ),
          },
          { key: 'stage', label: say('column.stage'), cell: ({ stage }) => <StageLabel stage={stage} /> },
          { key: 'rack', label: say('column.rack'), cell: ({ rack }) => <Value>{rack}</Value> },
          {
            key: 'whose',
            label: say('report.whose'),
            cell: ({ lessee, owner }) => <Value>{lessee ?? owner}</Value>,
          },
          { key: 'what', label: say('report.what'), cell: ({ what }) => say(`report.what.${what}`) },
          {
            key: 'date',
            label: say('report.date'),
            cell: ({ date }) => (
              <time dateTime={date} className="k-nowrap">
                {new Date(date).toLocaleDateString(language, { timeZone: 'UTC', dateStyle: 'medium' })}
              </time>
            ),
          },
          { key: 'days', label: say('report.days_left'), cell: ({ days_left }) => days_left },
        ]}
      />
    </details>
  ));
}
