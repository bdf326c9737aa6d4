/** A port of a server as its own system sees it. */
export interface SeenPort {
  name: string;
  mac: string;
  /** Whether light or current arrives. */
  carrier: boolean;
  /** Whether an optical module is plugged in; null: not known. */
  optic: boolean | null;
  /** What the other end says of itself by LLDP; null: nothing was heard. */
  neighbour: { switch_name: string; switch_port: string } | null;
}

/** A port of the cabling plan. */
export interface PlannedCable {
  port: string;
  switch_name: string;
  switch_port: string;
}

export type CablingVerdict =
  | 'right'
  | 'wrong-switch'
  | 'wrong-port'
  | 'foreign-switch'
  | 'no-light'
  | 'no-link'
  | 'no-neighbour'
  | 'missing-port'
  | 'not-planned';

/** The verdict on one port. */
export interface PortVerdict {
  port: string;
  mac: string | null;
  verdict: CablingVerdict;
  /** `switch port` of the plan. */
  expected: string | null;
  actual: string | null;
  /** In words, with what to do; null: nothing is wrong. */
  cause: string | null;
}

/** Verdicts that do not fail a registration. */
const FINE: readonly CablingVerdict[] = ['right', 'not-planned'];

export const isWrong = ({ verdict }: PortVerdict): boolean => !FINE.includes(verdict);

/**
 * Compares what a server sees on its ports with the plan. Ports of the plan come first, in its order; then those that are not in it.
 * Names of switches and ports are compared without regard to case. Pure.
 *
 * @param known_switches names of all switches of the plan: another one is foreign.
 */
export function cablingVerdicts(
  plan: readonly PlannedCable[],
  seen: readonly SeenPort[],
  known_switches: ReadonlySet<string>,
): PortVerdict[] {
  const known = new Set([...known_switches, ...plan.map(({ switch_name }) => switch_name)].map(lower));
  const planned = plan.map((cable) => {
    const port = seen.find(({ name, mac }) => same(name, cable.port) || same(mac, cable.port));
    return verdictOf(cable, port, known);
  });
  const rest = seen.filter(({ name, mac }) => !plan.some(({ port }) => same(port, name) || same(port, mac)));
  return [
    ...planned,
    ...rest.map(({ name, mac, neighbour }) => ({
      ...{ port: name, mac, verdict: 'not-planned' as const, expected: null, cause: null },
      actual: neighbour === null ? null : placeOf(neighbour),
    })),
  ];
}

function verdictOf(cable: PlannedCable, port: SeenPort | undefined, known: ReadonlySet<string>): PortVerdict {
  const expected = placeOf(cable);
  const about = { port: cable.port, mac: port?.mac ?? null, expected };
  const told = (verdict: CablingVerdict, actual: string | null, cause: string | null): PortVerdict => ({
    ...about,
    ...{ verdict, actual, cause },
  });
  if (port === undefined)
    return told(
      'missing-port',
      null,
      `The server has no port ${cable.port}: the plan wants it at ${expected}.`,
    );
  if (!port.carrier) {
    if (port.optic === true)
      return told(
        'no-link',
        null,
        `Port ${cable.port}: link expected to ${expected}, not up though an optical module is plugged in. Is the fibre's polarity (Tx/Rx) right?`,
      );
    return told('no-light', null, `Port ${cable.port}: no light. Plug it into ${expected}.`);
  }
  if (port.neighbour === null)
    return told(
      'no-neighbour',
      null,
      `Port ${cable.port} has a link but hears no LLDP: expected ${expected}. Is LLDP on at the switch?`,
    );
  const actual = placeOf(port.neighbour);
  if (same(port.neighbour.switch_name, cable.switch_name)) {
    if (same(port.neighbour.switch_port, cable.switch_port)) return told('right', actual, null);
    return told(
      'wrong-port',
      actual,
      `Port ${cable.port} is in the wrong port: expected ${expected}, found ${actual}.`,
    );
  }
  if (known.has(lower(port.neighbour.switch_name)))
    return told(
      'wrong-switch',
      actual,
      `Port ${cable.port} is at the wrong switch: expected ${expected}, found ${actual}.`,
    );
  return told(
    'foreign-switch',
    actual,
    `Port ${cable.port} is at a switch that no plan names: expected ${expected}, found ${actual}.`,
  );
}

const placeOf = ({ switch_name, switch_port }: { switch_name: string; switch_port: string }): string =>
  `${switch_name} ${switch_port}`;

const lower = (text: string): string => text.trim().toLowerCase();

const same = (one: string, other: string): boolean => lower(one) === lower(other);
