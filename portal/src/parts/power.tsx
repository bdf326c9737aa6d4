import { useText } from '../text/text.ts';

const WORDS = { 'power on': 'on', 'power off': 'off', error: 'error' } as const;

/** Whether a server runs, as a lamp and a word. */
export function Power({ state }: { state: string | null }) {
  const say = useText();
  const known =
    state !== null && Object.hasOwn(WORDS, state) ? WORDS[state as keyof typeof WORDS] : 'unknown';
  return (
    <span className={`k-power k-power-${known}`}>
      <span className="k-led" aria-hidden="true" />
      {say(`power.${known}`)}
    </span>
  );
}
