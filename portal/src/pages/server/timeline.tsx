import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { timeline } from '../../api/servers.ts';
import type { Attempt, AttemptStep, ServerDetail } from '../../api/types.ts';
import { Age, span } from '../../parts/age.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Loading } from '../../parts/loading.tsx';
import { nextText } from '../../text/tell.ts';
import { hasText, type Say, useLanguage, useText } from '../../text/text.ts';

const PAGE = 20;
const MOST = 100;

/** What was tried with the server, newest first: step by step, what the BMC was asked and answered, why it failed, what to do. */
export function Timeline({ server }: { server: ServerDetail }) {
  const say = useText();
  const [limit, setLimit] = useState(PAGE);
  const { data, error, refetch } = useQuery(timeline(server.uuid, limit));
  if (error !== null) return <Failure error={error} again={() => void refetch()} />;
  if (data === undefined) return <Loading />;
  if (data.attempts.length === 0) return <p className="k-quiet">{say('timeline.empty')}</p>;
  return (
    <>
      <ol className="k-timeline">
        {data.attempts.map((attempt, index) => (
          <AttemptItem key={attempt.uuid} attempt={attempt} open={index === 0} />
        ))}
      </ol>
      {data.next !== undefined && limit < MOST && (
        <Button variant="link" onClick={() => setLimit(limit + PAGE)}>
          {say('timeline.more')}
        </Button>
      )}
    </>
  );
}

function AttemptItem({ attempt, open }: { attempt: Attempt; open: boolean }) {
  const say = useText();
  const language = useLanguage();
  const { kind, state, asked, cause, steps, remaining_steps, events } = attempt;
  const next = nextText(attempt, say);
  const what = Object.values(asked).filter((value) => value !== null);
  return (
    <li id={attempt.uuid} className={`k-attempt k-attempt-${state}`}>
      <details open={open || state === 'failed' || location.hash === `#${attempt.uuid}`}>
        <summary>
          <span className="k-attempt-kind">{kindText(kind, say)}</span>
          {what.length > 0 && <bdi className="k-quiet">{what.join(', ')}</bdi>}
          <span className={`k-attempt-state k-attempt-state-${state}`}>{say(`timeline.state.${state}`)}</span>
          <span className="k-space" />
          <span className="k-quiet">{tookText(attempt, language, say)}</span>
          <Age since={attempt.created_at} />
        </summary>
        {cause !== null && (
          <p className="k-cause">
            <strong>{say('timeline.cause')}:</strong> {cause}
          </p>
        )}
        {next !== null && (
          <p className="k-next">
            <strong>{say('timeline.next')}:</strong> {next}
          </p>
        )}
        <ol className="k-steps" aria-label={say('timeline.steps')}>
          {steps.map((step) => (
            <StepItem key={`${step.step} ${step.started_at}`} step={step} />
          ))}
          {remaining_steps.map((step) => (
            <li key={step} className="k-step k-step-next">
              <span className="k-step-mark" aria-hidden="true" />
              <span className="k-mono">{step}</span>
              <span className="k-quiet">{say('timeline.remaining')}</span>
            </li>
          ))}
        </ol>
        {attempt.waits_for !== null && (
          <p className="k-quiet">{say('timeline.waits', { what: attempt.waits_for })}</p>
        )}
        {events.length > 0 && (
          <details className="k-log">
            <summary>{say('timeline.log')}</summary>
            <ul>
              {events.map(({ uuid, created_at, event }) => (
                <li key={uuid}>
                  <time className="k-mono k-quiet" dateTime={created_at ?? undefined}>
                    {created_at === null ? '' : new Date(created_at).toLocaleTimeString(language)}
                  </time>{' '}
                  {event}
                </li>
              ))}
            </ul>
          </details>
        )}
        <p className="k-quiet k-small">
          {attempt.user !== null && <bdi>{say('timeline.asked', { user: attempt.user })} · </bdi>}
          {say('timeline.request', { id: attempt.request_id ?? '–', conductor: attempt.conductor ?? '–' })}
        </p>
      </details>
    </li>
  );
}

function StepItem({ step }: { step: AttemptStep }) {
  const say = useText();
  const language = useLanguage();
  const { started_at, ended_at, outcome, detail, commands } = step;
  const ms = started_at === null || ended_at === null ? null : Date.parse(ended_at) - Date.parse(started_at);
  return (
    <li className={`k-step k-step-${outcome ?? 'now'}`}>
      <span className="k-step-mark" aria-hidden="true" />
      <span className="k-mono">{step.step}</span>
      <span className="k-quiet">{ms === null ? '' : lengthText(ms, language)}</span>
      {detail !== null && <span className="k-step-detail">{detail}</span>}
      {commands.length > 0 && (
        <details className="k-commands">
          <summary>{say('timeline.commands', { count: commands.length })}</summary>
          <ul>
            {commands.map(({ command, answer, at, times, duration_ms }) => (
              <li key={`${command} ${at}`}>
                <code>{command}</code>
                <span aria-hidden="true"> → </span>
                <code>{answer}</code>{' '}
                <span className="k-quiet">
                  {duration_ms} ms{times > 1 ? `, ${say('timeline.times', { count: times })}` : ''}
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </li>
  );
}

/** What was done, in words. @param kind as the service calls it */
export function kindText(kind: string, say: Say): string {
  const key = `timeline.kind.${kind}`;
  return hasText(key) ? say(key) : kind;
}

function tookText({ started_at, finished_at }: Attempt, language: string, say: Say): string {
  if (started_at === null || finished_at === null) return '';
  return say('timeline.took', {
    time: lengthText(Date.parse(finished_at) - Date.parse(started_at), language),
  });
}

function lengthText(ms: number, language: string): string {
  return ms < 1000 ? `${Math.max(0, ms)} ms` : span(Math.round(ms / 1000), language);
}
