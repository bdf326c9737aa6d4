import { useLanguage } from '../text/text.ts';

/** A time by the clock of whoever looks; null: a dash. @param time ISO 8601 */
export function Time({ time }: { time: string | null | undefined }) {
  const language = useLanguage();
  if (time === null || time === undefined) return <span className="k-quiet">–</span>;
  return (
    <time dateTime={time} title={time} className="k-nowrap">
      {new Date(time).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' })}
    </time>
  );
}
