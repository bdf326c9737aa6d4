import type { components } from './openapi.ts';

type Schemas = components['schemas'];

// Bodies of the life-cycle API: its document (api/lifecycle/openapi.yaml) is the one place where they are described. Times are ISO 8601.
export type Stage = Schemas['stage'];
export type Server = Schemas['server'];
export type ServerDetail = Schemas['server-detail'];
/** What may be done with a server now, and why not otherwise. */
export type ToolView = Schemas['tool'];
export type ToolName = ToolView['tool'];
/** What a text says, for programs. */
export type Coded = Schemas['coded'];
/** A system on a server, or on its way there. */
export type Baremetal = Schemas['baremetal'];
/** What was tried with a server. */
export type Attempt = Schemas['attempt'];
export type AttemptStep = Schemas['step'];
export type AuditEntry = Schemas['audit-entry'];
/** An attempt of a server to register. */
export type Registration = Schemas['registration'];
export type PortVerdict = Schemas['port-verdict'];
/** An account on a BMC that was handed out. `password` only in the answer that made it. */
export type Lease = Schemas['bmc-lease'];
export type Order = Schemas['order'];
export type OrderDetail = Schemas['order-detail'];
/** One server of an order. */
export type OrderLine = Schemas['order-line'];
/** Servers in stock that an order does not tell apart. */
export type StockGroup = Schemas['stock-group'];
/** A layout that the disks of a server allow. */
export type RaidLayout = StockGroup['raid_layouts'][number];
export type Schedule = Schemas['schedule'];
export type ScheduleDetail = Schemas['schedule-detail'];
/** What a schedule would be. */
export type ScheduleTrial = Schemas['schedule-trial'];
/** A time span in which work begins. */
export type Window = Schemas['window'];
export type Certificate = Schemas['certificate'];
export type Notice = Schemas['notice'];
/** A server of which something ends: its maker's support, or its warranty. */
export type EndingServer = Schemas['ending-server'];
export type EndingModel = Schemas['ending-model'];
export type Quota = Schemas['quota'];
export type Profile = Schemas['profile'];
export type Flavor = Schemas['flavor'];
export type Sensors = Schemas['sensors'];
export type SensorReading = Sensors['sensors'][number];
export type Hardware = Schemas['hardware'];
/** Something of a server that was asked for and is not there yet. */
export type PendingChange = Schemas['pending-change'];
export type BiosSetting = NonNullable<Hardware['bios']>[number];
export type Baseline = Schemas['baseline'];
/** In what a server is not as it should be. */
export type Difference = Schemas['difference'];
/** Work at a server that has dates. */
export type Repair = Schemas['repair'];
/** Who holds a server, and what breaking that would do. */
export type Reservation = Schemas['reservation'];
export type Counts = Schemas['counts'];

export type ServerPage = Schemas['server-page'];
export type RaidConfig = Schemas['raid-config'];

/** What happened to a node: of the bare metal API. */
export interface HistoryEntry {
  uuid: string;
  created_at: string;
  severity: 'INFO' | 'WARNING' | 'ERROR' | null;
  event: string;
  state: string | null;
  target_provision_state: string | null;
  /** When the next thing happened; null: nothing did since. */
  until: string | null;
}

/** Who is signed in, and where: `/portal/session`. */
export interface Session {
  user: string;
  project: { id: string; name: string } | null;
  system: boolean;
  roles: string[];
  expires_at: string;
}
