import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { PendingChange } from '../../api/types.ts';
import { SimpleTable } from '../../parts/simple-table.tsx';
import { Time } from '../../parts/time.tsx';
import { hasText, type Say, useText } from '../../text/text.ts';

/** What was asked of a server and is not there yet: now, then, when, by what, and why not where it failed. Nothing when nothing is. */
export function PendingChanges({ uuid, pending }: { uuid: string; pending: readonly PendingChange[] }) {
  const say = useText();
  if (pending.length === 0) return null;
  return (
    <section className="k-pending">
      <h2 className="k-subtitle">{say('pending.title')}</h2>
      <SimpleTable
        label={say('pending.title')}
        head={(['part', 'what', 'now', 'then', 'when', 'by'] as const).map((one) => say(`pending.${one}`))}
        rows={pending.map((change, index) => ({
          key: String(index),
          cells: [
            <span key="part" className="k-nowrap">
              {say(`pending.component.${change.component}`)}
            </span>,
            nameOf(change, say),
            valueText(change, change.from, say),
            <strong key="then">{thenText(change, say)}</strong>,
            <When key="when" change={change} />,
            <By key="by" uuid={uuid} change={change} />,
          ],
        }))}
      />
    </section>
  );
}

function nameOf({ component, name }: PendingChange, say: Say): ReactNode {
  if (name !== null) return <code>{name}</code>;
  return say(component === 'raid' ? 'pending.volumes' : 'pending.all');
}

function valueText({ component }: PendingChange, value: string | null, say: Say): ReactNode {
  if (component === 'raid' && value === '') return say('pending.volumes.none');
  return value === null || value === '' ? null : <bdi>{value}</bdi>;
}

/** What it will be. */
export function thenText(change: PendingChange, say: Say): ReactNode {
  if (change.to !== null) return valueText(change, change.to, say) ?? say('settings.no-value');
  return say(change.component === 'firmware' ? 'pending.newer' : 'pending.factory');
}

const LOOKS = {
  running: 'working',
  'waiting-for-restart': 'pending',
  scheduled: 'waiting',
  asked: 'waiting',
  failed: 'failed',
} as const;

/** How far it is, and when it is to be. */
export function When({ change }: { change: PendingChange }) {
  const say = useText();
  const { state, since, at, until, reason } = change;
  return (
    <>
      <span className={`k-outcome k-outcome-${LOOKS[state]}`}>{say(`pending.state.${state}`)}</span>
      <span className="k-quiet k-small">
        {' '}
        {state === 'scheduled' && at !== null ? (
          <>
            <Time time={at} />
            {until !== null && (
              <>
                {' – '}
                <Time time={until} />
              </>
            )}
          </>
        ) : (
          since !== null && <Time time={since} />
        )}
      </span>
      {reason !== null && (
        <span className="k-why k-small">
          <bdi>{reason}</bdi>
        </span>
      )}
    </>
  );
}

function By({ uuid, change: { by, state } }: { uuid: string; change: PendingChange }) {
  const say = useText();
  if (by.step === null) return say(state === 'asked' ? 'pending.target' : 'pending.bmc');
  const tool = `tool.${by.what ?? ''}`;
  const what = by.what !== null && hasText(tool) ? say(tool) : by.what;
  return (
    <>
      {what !== null && <bdi>{what} </bdi>}
      <code className="k-quiet">{by.step}</code>{' '}
      {by.schedule !== null && <Link to={`/schedules/${by.schedule}`}>{say('pending.schedule')}</Link>}
      {by.schedule === null && by.attempt !== null && (
        <Link to={`/servers/${uuid}/timeline#${by.attempt}`}>{say('pending.attempt')}</Link>
      )}
    </>
  );
}
