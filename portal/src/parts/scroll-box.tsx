import { type ReactNode, useEffect, useRef, useState } from 'react';

/** A box around a table that may be wider than the page: then the keyboard reaches it, to scroll it. @param waits what it shows is on its way out */
export function ScrollBox({
  label,
  waits = false,
  children,
}: {
  label: string;
  waits?: boolean;
  children: ReactNode;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [scrolls, setScrolls] = useState(false);
  useEffect(() => {
    const { current } = box;
    if (current === null) return;
    const observer = new ResizeObserver(() => setScrolls(current.scrollWidth > current.clientWidth));
    observer.observe(current);
    if (current.firstElementChild !== null) observer.observe(current.firstElementChild);
    return () => observer.disconnect();
  }, []);
  return (
    <div
      ref={box}
      className={waits ? 'k-table-box k-waits' : 'k-table-box'}
      aria-busy={waits}
      {...(scrolls ? { tabIndex: 0, role: 'region', 'aria-label': label } : {})}
    >
      {children}
    </div>
  );
}
