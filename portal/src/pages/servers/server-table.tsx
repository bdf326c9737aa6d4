import { Table, Tbody, Th, Thead, Tr } from '@patternfly/react-table/dist/dynamic/components/Table';
import type { Server } from '../../api/types.ts';
import { useText } from '../../text/text.ts';
import { COLUMNS, type ColumnName } from './columns.tsx';
import { ServerRow } from './server-row.tsx';

interface Props {
  servers: readonly Server[];
  columns: readonly ColumnName[];
  sort: { key: string; dir: 'asc' | 'desc' } | null;
  onSort: (key: string) => void;
  selected: ReadonlyMap<string, Server>;
  onSelect: (servers: readonly Server[], on: boolean) => void;
}

/** A page of servers. Columns are sorted by the service. */
export function ServerTable({ servers, columns, sort, onSort, selected, onSelect }: Props) {
  const say = useText();
  const all = servers.every(({ uuid }) => selected.has(uuid));
  const sorted = columns.findIndex((name) => COLUMNS[name].sort !== null && COLUMNS[name].sort === sort?.key);
  return (
    <Table variant="compact" isStickyHeader aria-label={say('list.title')} className="k-table">
      <Thead>
        <Tr>
          <Th
            aria-label={say('list.select.page')}
            select={{ isSelected: all, onSelect: (_event, on) => onSelect(servers, on) }}
          />
          {columns.map((name, index) => {
            const key = COLUMNS[name].sort;
            return (
              <Th
                key={name}
                className={`k-column-${name}`}
                modifier="nowrap"
                {...(key === null
                  ? {}
                  : {
                      sort: {
                        columnIndex: index,
                        sortBy: sorted === -1 ? {} : { index: sorted, direction: sort?.dir ?? 'asc' },
                        onSort: () => onSort(key),
                      },
                    })}
              >
                {say(`column.${name}`)}
              </Th>
            );
          })}
          <Th screenReaderText={say('column.actions')} />
        </Tr>
      </Thead>
      <Tbody>
        {servers.map((server) => (
          <ServerRow
            key={server.uuid}
            {...{ server, columns, say, onSelect }}
            isSelected={selected.has(server.uuid)}
          />
        ))}
      </Tbody>
    </Table>
  );
}
