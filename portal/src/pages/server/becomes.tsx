import type { PendingChange } from '../../api/types.ts';
import { Time } from '../../parts/time.tsx';
import { useText } from '../../text/text.ts';
import { thenText } from './pending.tsx';

/** When a part of the hardware was read last; nothing when it never was. */
export function ReadAt({ time }: { time: string | null }) {
  const say = useText();
  if (time === null) return null;
  return (
    <p className="k-quiet k-small k-gap-after">
      {say('settings.read.last')} <Time time={time} />
    </p>
  );
}

/** A value, and what it will become. */
export function Becomes({ value, changes }: { value: string | null; changes: readonly PendingChange[] }) {
  const say = useText();
  return (
    <>
      {value === null || value === '' ? <span className="k-quiet">–</span> : <bdi>{value}</bdi>}
      {changes.map((change) => (
        <span
          key={`${change.state} ${change.to} ${change.at}`}
          className={`k-becomes k-becomes-${change.state}`}
        >
          <span aria-hidden="true">→</span>
          <span className="pf-v6-screen-reader">{say('settings.then')}</span>
          <strong>{thenText(change, say)}</strong>
          <span className="k-quiet">{say(`pending.state.${change.state}`)}</span>
        </span>
      ))}
    </>
  );
}
