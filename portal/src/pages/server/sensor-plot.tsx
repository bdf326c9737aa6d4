const WIDTH = 160;
const HEIGHT = 28;
const EDGE = 2;

/** The course of a value as a line, its least and its most beside it. Nothing until there are two values. */
export function SensorPlot({
  values,
  label,
  text,
}: {
  values: readonly number[];
  label: string;
  text: (value: number) => string;
}) {
  if (values.length < 2) return <span className="k-quiet">…</span>;
  const least = Math.min(...values);
  const most = Math.max(...values);
  const x = (index: number): number => EDGE + (index * (WIDTH - 2 * EDGE)) / (values.length - 1);
  const y = (value: number): number =>
    most === least ? HEIGHT / 2 : HEIGHT - EDGE - ((value - least) * (HEIGHT - 2 * EDGE)) / (most - least);
  return (
    <span className="k-plot">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} role="img" aria-label={label}>
        <polyline points={values.map((value, index) => `${x(index)},${y(value)}`).join(' ')} />
      </svg>
      <span className="k-quiet k-small">
        {most === least ? text(least) : `${text(least)} – ${text(most)}`}
      </span>
    </span>
  );
}
