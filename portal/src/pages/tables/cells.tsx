import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { Value } from '../../parts/rows.tsx';
import { Time } from '../../parts/time.tsx';
import { useText } from '../../text/text.ts';
import { valueLabel } from './labels.ts';
import { listText } from './list-text.ts';
import { namesOf } from './targets.ts';
import { type Target, widgetOf } from './widgets.ts';

const DAYS: readonly string[] = ['end_of_sale', 'end_of_support'];
const DAY = 10;
/** Columns whose values are the service's words. */
const VALUED: readonly string[] = ['purpose', 'state', 'kind', 'outlet', 'repair_state'];

/** A value of a column, as people read it. */
export function Cell({ field, value }: { field: string; value: unknown }) {
  const say = useText();
  if (value === null || value === undefined || value === '') return <Value>{null}</Value>;
  if (typeof value === 'boolean') return say(value ? 'table.yes' : 'table.no');
  if (typeof value === 'object') return <Value mono>{listText(value)}</Value>;
  const text = String(value);
  if (DAYS.includes(field)) return <time dateTime={text}>{text.slice(0, DAY)}</time>;
  if (field.endsWith('_at')) return <Time time={text} />;
  const widget = widgetOf(field, {});
  if (widget.kind === 'reference') return <Named target={widget.to} uuid={text} />;
  return <Value>{VALUED.includes(field) ? valueLabel(text, say) : text}</Value>;
}

function Named({ target, uuid }: { target: Target; uuid: string }) {
  if (target === 'servers')
    return (
      <Link to={`/servers/${encodeURIComponent(uuid)}`}>
        <Value mono>{uuid}</Value>
      </Link>
    );
  return <NameOf target={target} uuid={uuid} />;
}

function NameOf({ target, uuid }: { target: Exclude<Target, 'servers'>; uuid: string }) {
  const { data } = useQuery(namesOf(target));
  return <Value>{data?.get(uuid) ?? uuid}</Value>;
}
