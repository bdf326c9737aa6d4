import { useLanguage } from '../text/text.ts';

/**
 * A time by the clock of whoever looks, with the name of its zone on hover; null: a dash.
 * @param time ISO 8601
 * @param zoned the zone's name stands there too: for times that were set in another
 */
export function Time({ time, zoned = false }: { time: string | null | undefined; zoned?: boolean }) {
  const language = useLanguage();
  if (time === null || time === undefined) return <span className="k-quiet">–</span>;
  return (
    <time
      dateTime={time}
      title={new Date(time).toLocaleString(language, { dateStyle: 'full', timeStyle: 'long' })}
      className="k-nowrap"
    >
      {new Date(time).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' })}
      {zoned && ` ${zoneOf(new Date(time), language)}`}
    </time>
  );
}

function zoneOf(time: Date, language: string): string {
  const parts = new Intl.DateTimeFormat(language, { timeZoneName: 'short' }).formatToParts(time);
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
}
