import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { MenuFooter } from '@patternfly/react-core/dist/dynamic/components/Menu';
import { MenuToggle } from '@patternfly/react-core/dist/dynamic/components/MenuToggle';
import { Select, SelectList, SelectOption } from '@patternfly/react-core/dist/dynamic/components/Select';
import ColumnsIcon from '@patternfly/react-icons/dist/esm/icons/columns-icon';
import { useState } from 'react';
import { inMain } from '../../parts/in-main.ts';
import { useText } from '../../text/text.ts';
import { COLUMN_NAMES, type ColumnName } from './columns.tsx';

interface Props {
  columns: readonly ColumnName[];
  /** null: as at first. */
  setColumns: (names: readonly ColumnName[] | null) => void;
}

/** Which columns a table has; kept in this browser. */
export function ColumnChoice({ columns, setColumns }: Props) {
  const say = useText();
  const [open, setOpen] = useState(false);
  const turn = (name: ColumnName): void =>
    setColumns(
      columns.includes(name)
        ? columns.filter((one) => one !== name)
        : COLUMN_NAMES.filter((one) => one === name || columns.includes(one)),
    );
  return (
    <Select
      role="menu"
      isOpen={open}
      onOpenChange={setOpen}
      onSelect={(_event, name) => turn(name as ColumnName)}
      selected={columns}
      isScrollable
      popperProps={{ position: 'right', appendTo: inMain }}
      aria-label={say('list.columns.title')}
      toggle={(ref) => (
        <MenuToggle
          ref={ref}
          variant="plain"
          aria-label={say('list.columns')}
          title={say('list.columns')}
          isExpanded={open}
          onClick={() => setOpen(!open)}
        >
          <ColumnsIcon />
        </MenuToggle>
      )}
    >
      <SelectList aria-label={say('list.columns.title')}>
        {COLUMN_NAMES.map((name) => (
          <SelectOption
            key={name}
            value={name}
            hasCheckbox
            isSelected={columns.includes(name)}
            isDisabled={columns.length === 1 && columns.includes(name)}
          >
            {say(`column.${name}`)}
          </SelectOption>
        ))}
      </SelectList>
      <MenuFooter>
        <Button variant="link" isInline onClick={() => setColumns(null)}>
          {say('list.columns.reset')}
        </Button>
      </MenuFooter>
    </Select>
  );
}
