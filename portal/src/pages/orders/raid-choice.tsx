import type { RaidLayout } from '../../api/types.ts';
import { useText } from '../../text/text.ts';

interface Props {
  layouts: readonly RaidLayout[];
  /** A level; null: the disks stay as they are. */
  chosen: string | null;
  choose: (level: string | null) => void;
}

/** What a disk of a volume is for: its share of the capacity, or of what may fail. */
type Use = 'data' | 'mirror' | 'parity';

/** Of the last disks as many as parity takes; every second one of pairs. */
const USES: Readonly<Record<string, (at: number, of: number) => Use>> = {
  '0': () => 'data',
  JBOD: () => 'data',
  '1': (at) => (at === 0 ? 'data' : 'mirror'),
  '1+0': (at) => (at % 2 === 0 ? 'data' : 'mirror'),
  '5': (at, of) => (at >= of - 1 ? 'parity' : 'data'),
  '6': (at, of) => (at >= of - 2 ? 'parity' : 'data'),
};
/** More disks are told, not drawn. */
const MOST_DRAWN = 12;

/** The layouts that the disks allow, each drawn. */
export function RaidChoice({ layouts, chosen, choose }: Props) {
  const say = useText();
  return (
    <fieldset className="k-cards k-cards-raid">
      <legend>{say('order.raid')}</legend>
      <label className="k-card">
        <input type="radio" name="raid" checked={chosen === null} onChange={() => choose(null)} />
        <span className="k-card-text">
          <span className="k-card-title">{say('order.raid.asis')}</span>
          <span className="k-quiet">
            {layouts.length === 0 ? say('order.raid.none') : say('order.raid.asis.body')}
          </span>
        </span>
      </label>
      {layouts.map((layout) => {
        const { raid_level, disks, capacity_gb } = layout;
        return (
          <label key={raid_level} className="k-card" data-raid={raid_level}>
            <input
              type="radio"
              name="raid"
              checked={chosen === raid_level}
              onChange={() => choose(raid_level)}
            />
            <span className="k-card-text">
              <span className="k-card-title">
                {raid_level === 'JBOD' ? 'JBOD' : `RAID ${raid_level.replace('+', '')}`}
              </span>
              <span className="k-quiet">
                {say('order.raid.facts', { disks, capacity: capacity_gb.toLocaleString() })}
              </span>
            </span>
            <Disks layout={layout} />
          </label>
        );
      })}
    </fieldset>
  );
}

function Disks({ layout: { raid_level, disks } }: { layout: RaidLayout }) {
  const use = USES[raid_level] ?? USES['0'];
  const places = Array.from({ length: Math.min(disks, MOST_DRAWN) }, (_, at) => at);
  return (
    <span className={raid_level === 'JBOD' ? 'k-disks k-disks-apart' : 'k-disks'} aria-hidden="true">
      {places.map((at) => (
        <span key={at} className={`k-disk k-disk-${use?.(at, places.length) ?? 'data'}`} />
      ))}
      {disks > MOST_DRAWN && <span className="k-quiet">+{disks - MOST_DRAWN}</span>}
    </span>
  );
}
