import type { OrderDetail, OrderLine } from '../../api/types.ts';
import { useText } from '../../text/text.ts';

/** The states of an order's servers as they are drawn, best first. */
const DRAWN = [
  'done',
  'building',
  'claimed',
  'waiting',
  'failed',
  'cancelled',
] as const satisfies OrderLine['state'][];

/** How many servers of an order are how far, as a bar and in words. */
export function OrderProgress({ order }: { order: Pick<OrderDetail, 'progress' | 'count'> }) {
  const say = useText();
  const parts = DRAWN.flatMap((state) => {
    const count = order.progress[state] ?? 0;
    return count === 0 ? [] : [{ state, count }];
  });
  return (
    <div className="k-progress">
      <svg viewBox={`0 0 ${order.count} 1`} preserveAspectRatio="none" className="k-bar" aria-hidden="true">
        {parts.map(({ state, count }, index) => (
          <rect
            key={state}
            className={`k-bar-${state}`}
            x={parts.slice(0, index).reduce((sum, one) => sum + one.count, 0)}
            width={count}
            height="1"
          />
        ))}
      </svg>
      <ul className="k-legend" aria-live="polite" aria-label={say('order.progress')}>
        {parts.map(({ state, count }) => (
          <li key={state} className={`k-legend-${state}`} data-progress={state}>
            {say(`line.${state}`)} <strong>{count.toLocaleString()}</strong>
          </li>
        ))}
      </ul>
    </div>
  );
}
