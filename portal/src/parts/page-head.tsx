import type { ReactNode } from 'react';

/** A page's title, what it is under, and what can be done on it. */
export function PageHead({
  title,
  above,
  children,
}: {
  title: ReactNode;
  above?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <header className="k-head">
      <div className="k-head-text">
        {above !== undefined && <p className="k-head-above">{above}</p>}
        <h1 className="k-title">{title}</h1>
      </div>
      <div className="k-head-actions">{children}</div>
    </header>
  );
}
