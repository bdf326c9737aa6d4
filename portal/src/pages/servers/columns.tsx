import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Server } from '../../api/types.ts';
import { Age } from '../../parts/age.tsx';
import { Power } from '../../parts/power.tsx';
import { ServerState } from '../../parts/server-state.tsx';
import { StageLabel } from '../../parts/stage-label.tsx';

interface Column {
  /** What the API sorts by; null: it does not. */
  sort: string | null;
  /** Shown unless somebody chose otherwise. */
  first: boolean;
  cell: (server: Server) => ReactNode;
}

const text = (value: string | number | null): ReactNode =>
  value === null ? (
    <span className="k-quiet">–</span>
  ) : (
    <bdi className="k-cell" title={String(value)}>
      {value}
    </bdi>
  );
const mono = (value: string | number | null): ReactNode => <span className="k-mono">{text(value)}</span>;

/** The columns that a table of servers can have, in their order. */
export const COLUMNS = {
  name: {
    sort: 'name',
    first: true,
    cell: (server) => (
      <Link to={`/servers/${server.uuid}`} className="k-cell-link">
        {text(server.name ?? server.serial_number ?? server.uuid.slice(0, 8))}
      </Link>
    ),
  },
  uuid: {
    sort: 'uuid',
    first: true,
    cell: ({ uuid }) => (
      <Link to={`/servers/${uuid}`} className="k-mono k-uuid" title={uuid}>
        {uuid.slice(0, 8)}
      </Link>
    ),
  },
  serial_number: { sort: 'serial_number', first: true, cell: (server) => mono(server.serial_number) },
  power_state: { sort: 'power_state', first: true, cell: (server) => <Power state={server.power_state} /> },
  provision_state: {
    sort: 'provision_state',
    first: true,
    cell: (server) => <ServerState server={server} />,
  },
  stage_changed_at: {
    sort: 'stage_changed_at',
    first: true,
    cell: (server) => <Age since={server.stage_changed_at} />,
  },
  vendor: { sort: 'vendor', first: true, cell: (server) => text(server.vendor ?? server.manufacturer) },
  manufacturer: { sort: 'manufacturer', first: false, cell: (server) => text(server.manufacturer) },
  product_name: { sort: 'product_name', first: true, cell: (server) => text(server.product_name) },
  resource_class: { sort: 'resource_class', first: true, cell: (server) => text(server.resource_class) },
  availability_zone: {
    sort: 'availability_zone',
    first: true,
    cell: (server) => text(server.availability_zone),
  },
  bmc_address: { sort: 'bmc_address', first: true, cell: (server) => mono(server.bmc_address) },
  service_address: { sort: 'service_address', first: true, cell: (server) => mono(server.service_address) },
  vlan_id: { sort: 'vlan_id', first: true, cell: (server) => mono(server.vlan_id) },
  rack: {
    sort: 'rack',
    first: false,
    cell: ({ rack, rack_unit }) =>
      text(rack === null ? null : rack_unit === null ? rack : `${rack} U${rack_unit}`),
  },
  stage: { sort: 'stage', first: true, cell: (server) => <StageLabel stage={server.stage} /> },
  install_state: { sort: null, first: false, cell: (server) => mono(server.install_state) },
  owner: { sort: 'owner', first: false, cell: (server) => text(server.owner) },
  lessee: { sort: 'lessee', first: false, cell: (server) => text(server.lessee) },
  driver: { sort: null, first: false, cell: (server) => mono(server.driver) },
} as const satisfies Record<string, Column>;

export type ColumnName = keyof typeof COLUMNS;

export const COLUMN_NAMES = Object.keys(COLUMNS) as readonly ColumnName[];

const KEPT = 'kurogane.columns';

/** The columns that were chosen in this browser, or those at first. */
export function keptColumns(): ColumnName[] {
  const kept = localStorage.getItem(KEPT)?.split(',') ?? null;
  return COLUMN_NAMES.filter((name) => (kept === null ? COLUMNS[name].first : kept.includes(name)));
}

/** null: as at first. */
export function keepColumns(names: readonly ColumnName[] | null): void {
  if (names === null) localStorage.removeItem(KEPT);
  else localStorage.setItem(KEPT, names.join(','));
}
