import { useSyncExternalStore } from 'react';
import { useLanguage, useText } from '../text/text.ts';

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;
const TICK_MS = 10_000;

/** How long it has been since then, in its two largest units; the time itself on hover. */
export function Age({ since }: { since: string | null }) {
  const say = useText();
  const language = useLanguage();
  const now = useNow();
  if (since === null) return <span className="k-quiet">–</span>;
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
  return (
    <time dateTime={since} title={new Date(since).toLocaleString(language)} className="k-age">
      {seconds < 1 ? say('age.now') : span(seconds, language)}
    </time>
  );
}

let now_ms = Date.now();
const listeners = new Set<() => void>();
let clock: ReturnType<typeof setInterval> | undefined;

/** One clock for all ages on the page. */
function useNow(): number {
  return useSyncExternalStore(listen, () => now_ms);
}

function listen(listener: () => void): () => void {
  if (listeners.size === 0) {
    now_ms = Date.now();
    clock = setInterval(() => {
      now_ms = Date.now();
      for (const tell of listeners) tell();
    }, TICK_MS);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) clearInterval(clock);
  };
}

/** Narrow ones are Latin letters in Japanese too. */
const DISPLAY: Readonly<Record<string, 'short'>> = { ja: 'short' };

/** A length of time: `2d 4h`, `2日4時間`. */
export function span(seconds: number, language: string): string {
  const at = Math.max(
    0,
    UNITS.findIndex(([, size]) => seconds >= size),
  );
  let left = seconds;
  const parts: string[] = [];
  for (const [unit, size] of UNITS.slice(at, at + 2)) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0 || parts.length === 0)
      parts.push(
        new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: DISPLAY[language] ?? 'narrow' })
          .format(count)
          .replace(/\s/g, ''),
      );
  }
  return parts.join(language === 'ja' ? '' : ' ');
}
