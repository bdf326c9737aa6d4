import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ApiError } from '../../api/http.ts';
import { sensors } from '../../api/servers.ts';
import type { SensorReading, ServerDetail } from '../../api/types.ts';
import { Failure } from '../../parts/failure.tsx';
import { Loading } from '../../parts/loading.tsx';
import { SimpleTable } from '../../parts/simple-table.tsx';
import { Time } from '../../parts/time.tsx';
import { refusalText } from '../../text/tell.ts';
import { hasText, type Say, useLanguage, useText } from '../../text/text.ts';
import { SensorPlot } from './sensor-plot.tsx';

/** A quarter of an hour, at a look every ten seconds. */
const KEPT = 90;

type Series = ReadonlyMap<string, readonly number[]>;

/** What the sensors say, live, with their course since the page was opened; and the BMC's event log. */
export function Sensors({ server }: { server: ServerDetail }) {
  const say = useText();
  const language = useLanguage();
  const { data, error, refetch, dataUpdatedAt } = useQuery(sensors(server.uuid));
  const [series, setSeries] = useState<Series>(new Map());
  // biome-ignore lint/correctness/useExhaustiveDependencies: a look that says the same is a point of the plot as well
  useEffect(() => {
    if (data !== undefined) setSeries((before) => longer(before, data.sensors));
  }, [data, dataUpdatedAt]);
  if (error !== null && data === undefined) {
    const tool = server.tools.find(({ tool: name }) => name === 'sensors');
    const refused = error instanceof ApiError && error.status === 409 && tool !== undefined && !tool.allowed;
    if (refused) return <p className="k-quiet">{refusalText(tool, say, language)}</p>;
    return <Failure error={error} again={() => void refetch()} />;
  }
  if (data === undefined) return <Loading />;
  const kinds = [...new Set(data.sensors.map(({ kind }) => kind))];
  return (
    <>
      {error !== null && <Failure error={error} again={() => void refetch()} />}
      {data.sensors.length === 0 && <p className="k-quiet">{say('sensors.none')}</p>}
      <div className="k-panels">
        {kinds.map((kind) => (
          <section key={kind}>
            <h2 className="k-subtitle">{kindText(kind, say)}</h2>
            <SimpleTable
              label={kindText(kind, say)}
              head={(['name', 'value', 'course', 'state'] as const).map((one) => say(`sensors.${one}`))}
              rows={data.sensors
                .filter((one) => one.kind === kind)
                .map((one) => ({
                  key: one.name,
                  cells: [
                    <bdi key="name">{one.name}</bdi>,
                    valueText(one, language),
                    <SensorPlot
                      key="plot"
                      values={series.get(keyOf(one)) ?? []}
                      label={say('sensors.course.of', { name: one.name })}
                      text={(value) => valueText({ ...one, value }, language) ?? ''}
                    />,
                    <State key="state" state={one.state} say={say} />,
                  ],
                }))}
            />
          </section>
        ))}
      </div>
      <h2 className="k-subtitle k-gap">{say('sensors.log')}</h2>
      {data.events.length === 0 ? (
        <p className="k-quiet">{say('sensors.log.none')}</p>
      ) : (
        <SimpleTable
          label={say('sensors.log')}
          head={[say('audit.when'), say('sensors.event')]}
          rows={data.events.map(({ id, at, message }) => ({
            key: String(id),
            cells: [<Time key="at" time={at} />, message],
          }))}
        />
      )}
    </>
  );
}

const keyOf = ({ kind, name }: SensorReading): string => `${kind} ${name}`;

function longer(before: Series, now: readonly SensorReading[]): Series {
  const after = new Map(before);
  for (const one of now)
    if (one.value !== null) after.set(keyOf(one), [...(after.get(keyOf(one)) ?? []), one.value].slice(-KEPT));
  return after;
}

const UNITS: Readonly<Record<string, string>> = {
  'degrees C': '°C',
  Volts: 'V',
  Watts: 'W',
  Amps: 'A',
  Percent: '%',
};

function valueText({ value, unit }: SensorReading, language: string): string | null {
  return value === null
    ? null
    : `${value.toLocaleString(language, { maximumFractionDigits: 2 })} ${UNITS[unit] ?? unit}`.trim();
}

function kindText(kind: string, say: Say): string {
  const key = `sensors.kind.${kind.toLowerCase()}`;
  return hasText(key) ? say(key) : kind;
}

function State({ state, say }: { state: string | null; say: Say }) {
  if (state === null) return null;
  if (state === 'ok') return <span className="k-outcome k-outcome-done">{say('sensors.ok')}</span>;
  const bad = /critical|recoverable|warning|fail/i.test(state);
  return <span className={bad ? 'k-outcome k-outcome-failed' : ''}>{state}</span>;
}
