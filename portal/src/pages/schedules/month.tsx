import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useQueries } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { scheduleDetail } from '../../api/schedules.ts';
import type { Schedule } from '../../api/types.ts';
import { useLanguage, useText } from '../../text/text.ts';
import { workText } from './work-text.ts';

const DAYS = 7;
const DAY_MS = 86_400_000;
/** Schedules that come again whose windows are looked up. */
const MOST_LOOKED_AT = 30;
const LOOK_MS = 60_000;
/** A Monday. */
const A_MONDAY = Date.UTC(2024, 0, 1);

interface Entry {
  uuid: string;
  text: string;
  start: Date;
}

/** A month with the windows to come, by the clock of whoever looks. */
export function Month({ schedules }: { schedules: readonly Schedule[] }) {
  const say = useText();
  const language = useLanguage();
  const [first, setFirst] = useState(() => new Date(new Date().getFullYear(), new Date().getMonth(), 1));
  const active = schedules.filter(({ state }) => state === 'active');
  const entries = useQueries({
    queries: active
      .slice(0, MOST_LOOKED_AT)
      .map(({ uuid }) => ({ ...scheduleDetail(uuid), refetchInterval: LOOK_MS })),
    combine: (results) =>
      results.flatMap(({ data }) =>
        (data?.windows ?? []).map(({ start }) => ({
          uuid: data?.uuid ?? '',
          text: data?.name ?? workText(data?.what ?? '', say),
          start: new Date(start),
        })),
      ),
  });
  const month = (time: Date): string => `${time.getFullYear()} ${time.getMonth()}`;
  const coming = entries.toSorted((one, other) => one.start.getTime() - other.start.getTime());
  const next = coming.some(({ start }) => month(start) === month(first)) ? undefined : coming[0];
  const title = first.toLocaleDateString(language, { year: 'numeric', month: 'long' });
  const move = (by: number): void => setFirst(new Date(first.getFullYear(), first.getMonth() + by, 1));
  const names = new Intl.DateTimeFormat(language, { weekday: 'short', timeZone: 'UTC' });
  return (
    <section className="k-month" aria-label={say('schedule.calendar')}>
      <div className="k-month-head">
        <h2 className="k-subtitle" aria-live="polite">
          {title}
        </h2>
        <Button variant="link" isInline onClick={() => move(-1)}>
          {say('schedule.month.before')}
        </Button>
        <Button variant="link" isInline onClick={() => move(1)}>
          {say('schedule.month.after')}
        </Button>
        {next !== undefined && (
          <Button
            variant="link"
            isInline
            onClick={() => setFirst(new Date(next.start.getFullYear(), next.start.getMonth(), 1))}
          >
            {say('schedule.month.none', {
              time: next.start.toLocaleDateString(language, { dateStyle: 'medium' }),
            })}
          </Button>
        )}
      </div>
      <table>
        <caption className="pf-v6-screen-reader">{title}</caption>
        <thead>
          <tr>
            {Array.from({ length: DAYS }, (_, day) => {
              const name = names.format(A_MONDAY + day * DAY_MS);
              return (
                <th key={name} scope="col">
                  {name}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {weeksOf(first).map((week) => (
            <tr key={week[0]?.toISOString()}>
              {week.map((day) => (
                <Day key={day.toISOString()} {...{ day, first, entries }} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Day({ day, first, entries }: { day: Date; first: Date; entries: readonly Entry[] }) {
  const language = useLanguage();
  const own = entries.filter(({ start }) => start.toDateString() === day.toDateString());
  const other = day.getMonth() !== first.getMonth();
  const today = day.toDateString() === new Date().toDateString();
  return (
    <td className={`${other ? 'k-day-other' : ''} ${today ? 'k-day-today' : ''}`}>
      <time dateTime={`${day.getFullYear()}-${day.getMonth() + 1}-${day.getDate()}`}>{day.getDate()}</time>
      {own.length > 0 && (
        <ul>
          {own.map(({ uuid, text, start }) => (
            <li key={`${uuid} ${start.getTime()}`}>
              <Link to={`/schedules/${uuid}`} title={text}>
                {start.toLocaleTimeString(language, { timeStyle: 'short' })} <bdi>{text}</bdi>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </td>
  );
}

/** The days of a month in weeks from Monday on, with those of the months beside it. */
function weeksOf(first: Date): Date[][] {
  const before = (first.getDay() + DAYS - 1) % DAYS;
  const days = new Date(first.getFullYear(), first.getMonth() + 1, 0).getDate();
  return Array.from({ length: Math.ceil((before + days) / DAYS) }, (_, week) =>
    Array.from(
      { length: DAYS },
      (_, day) => new Date(first.getFullYear(), first.getMonth(), 1 - before + week * DAYS + day),
    ),
  );
}
