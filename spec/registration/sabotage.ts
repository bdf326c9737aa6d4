/** The ways in which a new server is sabotaged, and how its true cause reads. */
export interface Sabotage {
  name: string;
  /** Where it has to stop; '': the call itself is refused. */
  step: string;
  cause: RegExp;
  /** Of a refused call. */
  code?: string;
}

export const SABOTAGES = {
  'wrong-port': {
    step: 'cabling',
    cause: /eno1 is in the wrong port: expected \S+ Eth\d+, found \S+ Eth99\b/,
  },
  'wrong-switch': {
    step: 'cabling',
    cause: /eno1 is at the wrong switch: expected (leaf\d+) Eth\d+, found (?!\1)leaf\d+ /,
  },
  'foreign-switch': {
    step: 'cabling',
    cause: /eno1 is at a switch that no plan names: .*found desk-switch /,
  },
  'no-light': { step: 'cabling', cause: /eno1: no light\. Plug it into leaf/ },
  polarity: { step: 'cabling', cause: /eno1: link expected .*polarity/ },
  'no-lldp': { step: 'cabling', cause: /eno1 has a link but hears no LLDP/ },
  'missing-port': { step: 'cabling', cause: /has no port eno1/ },
  'old-bios': { step: 'firmware', cause: /firmware of bios .* is 1\.2: at least 2\.0 is wanted/ },
  'old-nic': { step: 'firmware', cause: /firmware of nic .* is 5\.0: at least 20\.5 is wanted/ },
  'update-fails': {
    step: 'firmware',
    cause: /update-card\.sh ended with 3: no such device/,
  },
  'update-without-effect': {
    step: 'firmware',
    cause: /firmware of nic \(CX6\) is still 14\.2 after it was updated from 14\.2/,
  },
  'no-bmc': { step: 'bmc-lan', cause: /no BMC that answers in band/ },
  'lan-refused': { step: 'bmc-lan', cause: /LAN Parameter Data does not match/ },
  'account-refused': { step: 'bmc-account', cause: /Set User Name command failed/ },
  'account-lost': { step: 'verify', cause: /BMC could not be reached/ },
  'forged-token': { step: '', code: 'InvalidEnrolmentToken', cause: /enrolment token is not valid/ },
  'doubled-uuid': { step: '', code: 'DoubledSystemUuid', cause: /Two servers have the system UUID/ },
  'no-uuid': { step: '', code: 'InvalidParameterValue', cause: /placeholder that many boards have/ },
} as const satisfies Record<string, Omit<Sabotage, 'name'>>;

export type SabotageName = keyof typeof SABOTAGES;
export const SABOTAGE_NAMES = Object.keys(SABOTAGES) as SabotageName[];
