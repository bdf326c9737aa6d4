import { memo, useState } from 'react';
import type { Server } from '../../api/types.ts';
import type { Say } from '../../text/text.ts';
import { COLUMNS, type ColumnName } from './columns.tsx';
import { nameOf } from './name-of.ts';
import { ToolMenu } from './tool-menu.tsx';

interface Props {
  server: Server;
  columns: readonly ColumnName[];
  isSelected: boolean;
  onSelect: (servers: readonly Server[], on: boolean) => void;
  say: Say;
}

const CELL = 'pf-v6-c-table__td';

/**
 * A server as a row of a table. Drawn anew only when the server, or what is chosen, changed. PatternFly's own cells, with all that they
 * can, take three times as long to draw as these elements that look the same.
 */
export const ServerRow = memo(
  function ServerRow({ server, isSelected, columns, say, onSelect }: Props) {
    return (
      <tr
        className={isSelected ? 'pf-v6-c-table__tr pf-m-selected' : 'pf-v6-c-table__tr'}
        data-server={server.uuid}
      >
        <td className={`${CELL} pf-v6-c-table__check`}>
          <label>
            <input
              type="checkbox"
              aria-label={say('column.select', { name: nameOf(server) })}
              checked={isSelected}
              onChange={({ currentTarget }) => onSelect([server], currentTarget.checked)}
            />
          </label>
        </td>
        {columns.map((name) => (
          <td key={name} className={`${CELL} pf-m-nowrap k-column-${name}`}>
            {COLUMNS[name].cell(server)}
          </td>
        ))}
        <td className={`${CELL} k-column-actions`}>
          <RowMenu server={server} say={say} />
        </td>
      </tr>
    );
  },
  (before, after) =>
    before.server === after.server &&
    before.isSelected === after.isSelected &&
    before.columns === after.columns &&
    before.say === after.say,
);

/** A menu that is there once somebody wants it. */
function RowMenu({ server, say }: Pick<Props, 'server' | 'say'>) {
  const [wanted, setWanted] = useState(false);
  if (wanted) return <ToolMenu servers={[server]} compact opens />;
  return (
    <button
      type="button"
      className="pf-v6-c-menu-toggle pf-m-plain pf-m-small"
      aria-expanded={false}
      aria-label={say('actions.for', { name: nameOf(server) })}
      onClick={() => setWanted(true)}
    >
      <span className="pf-v6-c-menu-toggle__icon">
        <svg viewBox="0 0 4 16" width="4" height="16" fill="currentColor" aria-hidden="true">
          <circle cx="2" cy="2" r="1.6" />
          <circle cx="2" cy="8" r="1.6" />
          <circle cx="2" cy="14" r="1.6" />
        </svg>
      </span>
    </button>
  );
}
