import { type Say, type TextKey, useText } from '../../text/text.ts';

export interface PortFacts {
  name: string;
  mac: string | null;
  /** Of the cabling check; null: it was not checked. */
  verdict: string | null;
  expected: string | null;
  actual: string | null;
  cause: string | null;
}

const VERDICTS: Readonly<Record<string, { text: TextKey; look: 'good' | 'bad' | 'quiet' }>> = {
  right: { text: 'verdict.right', look: 'good' },
  'wrong-switch': { text: 'verdict.wrong-switch', look: 'bad' },
  'wrong-port': { text: 'verdict.wrong-port', look: 'bad' },
  'foreign-switch': { text: 'verdict.foreign-switch', look: 'bad' },
  'no-light': { text: 'verdict.no-light', look: 'bad' },
  'no-link': { text: 'verdict.no-link', look: 'bad' },
  'no-neighbour': { text: 'verdict.no-neighbour', look: 'bad' },
  'missing-port': { text: 'verdict.missing-port', look: 'bad' },
  'not-planned': { text: 'verdict.not-planned', look: 'quiet' },
};

export function verdictText({ verdict }: PortFacts, say: Say): string {
  if (verdict === null) return '–';
  const known = VERDICTS[verdict];
  return known === undefined ? verdict : say(known.text);
}

/** The back of the server: its ports side by side, each with its verdict. The table below it says the same in words. */
export function PortPicture({ ports }: { ports: readonly PortFacts[] }) {
  const say = useText();
  return (
    <ul className="k-ports" aria-label={say('hardware.ports')}>
      {ports.map((port) => (
        <li
          key={port.mac ?? port.name}
          className={`k-port k-port-${(port.verdict === null ? null : VERDICTS[port.verdict])?.look ?? 'quiet'}`}
          title={port.cause ?? verdictText(port, say)}
        >
          <svg viewBox="0 0 40 32" width="40" height="32" aria-hidden="true">
            <rect x="1" y="1" width="38" height="30" rx="3" className="k-port-body" />
            <path d="M8 26 V14 H13 V10 H17 V7 H23 V10 H27 V14 H32 V26 Z" className="k-port-jack" />
            <circle cx="6" cy="6" r="2.500" className="k-port-led" />
          </svg>
          <span className="k-mono">{port.name}</span>
        </li>
      ))}
    </ul>
  );
}
