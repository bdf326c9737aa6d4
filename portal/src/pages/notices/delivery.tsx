import type { Notice } from '../../api/types.ts';
import { Outcome } from '../../parts/outcome.tsx';
import { Time } from '../../parts/time.tsx';
import { useLanguage, useText } from '../../text/text.ts';

/** Whether a notice came where it goes, when, and why not otherwise. */
export function Delivery({ notice }: { notice: Notice }) {
  const say = useText();
  const language = useLanguage();
  const { state, attempts, last_error, sent_at, next_at } = notice;
  const failed = state !== 'sent' && last_error !== null;
  return (
    <>
      <Outcome state={state} />
      {sent_at !== null && (
        <div className="k-quiet">
          <Time time={sent_at} />
        </div>
      )}
      {failed && (
        <div className="k-quiet">
          {say('notice.tries', { count: attempts })}
          {next_at !== null &&
            `, ${say('notice.next', { time: new Date(next_at).toLocaleTimeString(language) })}`}
        </div>
      )}
      {failed && <bdi className="k-why">{last_error}</bdi>}
    </>
  );
}
