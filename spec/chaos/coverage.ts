/** A point that work comes to, for the n-th time since it began or was last struck. */
export interface Place {
  point: string;
  occurrence: number;
}

/** Where work is to be struck: at the first place, then, once gone on with, at the second one, and so on. */
export interface Target {
  places: readonly Place[];
  /** Strike once more, this many points after the last place. */
  again_after?: number;
}

/** The points of all stretches: which are known, which were met by a death, and how to get to those that were not. */
export interface Coverage {
  /** A piece of work on a server of `driver` came to `place`, after it had been struck at `path`. */
  saw(stretch: string, driver: string, path: readonly Place[], place: Place): void;
  /** A conductor died while work was at the point. */
  met(stretch: string, point: string): void;
  /** A stretch is lived anew: every point may be tried again. */
  begin(stretch: string): void;
  /** The way to a point that was not met yet and that is not tried by enough others; null: there is none. */
  next(stretch: string, driver: string): Target | null;
  /** Whether work that came to the point should be struck there, since no death met it and too few try it. */
  seize(stretch: string, point: string): boolean;
  /** Points that are still worth a try. */
  open(stretch: string): number;
  points(stretch: string): string[];
  readonly known: number;
  readonly covered: number;
  /** `stretch: point` of those that no death met. */
  unmet(): string[];
}

interface Known {
  /** How work got there, the shortest way that was seen. */
  way: readonly Place[];
  /** Whose server it was; null: any will do. */
  driver: string | null;
  met: boolean;
  /** Lives in which it was tried. */
  tries: number;
  trying: number;
}

/** Lives in which a point is tried before it is given up: what it takes did not happen again. */
const MAX_TRIES = 12;
/** Nodes that try one point in one life; more from the second life on. */
const AT_ONCE = 1;
/** Points of a stretch of which whatever comes to one is struck: the way to them does not lead there each time. */
const LAST_FEW = 10;
const AT_ONCE_LATER = 3;

export function createCoverage(): Coverage {
  const stretches = new Map<string, Map<string, Known>>();
  const of = (stretch: string): Map<string, Known> => {
    const points = stretches.get(stretch) ?? new Map<string, Known>();
    stretches.set(stretch, points);
    return points;
  };
  const all = (): Known[] => [...stretches.values()].flatMap((points) => [...points.values()]);
  const isOpen = ({ met, tries }: Known): boolean => !met && tries < MAX_TRIES;

  return {
    saw: (stretch, driver, path, place) => {
      const points = of(stretch);
      const known = points.get(place.point);
      if (known !== undefined && (known.met || known.way.length <= path.length + 1)) return;
      const way = [...path, place];
      const own = way.some(({ point }) => point.includes(' BMC ')) ? driver : null;
      points.set(place.point, { ...(known ?? { met: false, tries: 0, trying: 0 }), way, driver: own });
    },
    met: (stretch, point) => {
      const known = of(stretch).get(point);
      if (known !== undefined) known.met = true;
    },
    begin: (stretch) => {
      for (const known of of(stretch).values()) known.trying = 0;
    },
    next: (stretch, driver) => {
      const [first] = [...of(stretch).values()]
        .filter((known) => isOpen(known) && (known.driver ?? driver) === driver)
        .filter(({ tries, trying }) => trying < (tries <= 1 ? AT_ONCE : AT_ONCE_LATER))
        .sort((a, b) => a.trying - b.trying || a.tries - b.tries);
      if (first === undefined) return null;
      if (first.trying === 0) first.tries += 1;
      first.trying += 1;
      return { places: first.way };
    },
    seize: (stretch, point) => {
      const points = of(stretch);
      const known = points.get(point);
      if (known === undefined || known.met || known.trying >= AT_ONCE_LATER) return false;
      if ([...points.values()].filter(isOpen).length > LAST_FEW) return false;
      known.trying += 1;
      return true;
    },
    open: (stretch) => [...of(stretch).values()].filter(isOpen).length,
    points: (stretch) => [...of(stretch).keys()],
    get known() {
      return all().length;
    },
    get covered() {
      return all().filter(({ met }) => met).length;
    },
    unmet: () =>
      [...stretches].flatMap(([stretch, points]) =>
        [...points].flatMap(([point, { met }]) => (met ? [] : [`${stretch}: ${point}`])),
      ),
  };
}
