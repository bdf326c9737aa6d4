import type { ReactNode } from 'react';

/** Names and values, densely. What is null stands as a dash. */
export function Facts({ title, rows }: { title: string; rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <section className="k-facts">
      <h2 className="k-subtitle">{title}</h2>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value === null || value === '' ? <span className="k-quiet">–</span> : value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
