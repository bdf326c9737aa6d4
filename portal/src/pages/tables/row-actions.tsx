import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import type { ReactNode } from 'react';
import { useText } from '../../text/text.ts';
import { nameOf, type Row } from './rows.ts';

/** What can be done with a row; what cannot is left out. */
export function RowActions({
  row,
  edit,
  remove,
  children,
}: {
  row: Row;
  edit?: (() => void) | undefined;
  remove?: (() => void) | undefined;
  children?: ReactNode;
}) {
  const say = useText();
  const name = nameOf(row);
  return (
    <span className="k-inline">
      {children}
      {edit !== undefined && (
        <Button variant="link" isInline aria-label={say('table.edit.of', { name })} onClick={edit}>
          {say('table.edit')}
        </Button>
      )}
      {remove !== undefined && (
        <Button
          variant="link"
          isInline
          isDanger
          aria-label={say('table.delete.of', { name })}
          onClick={remove}
        >
          {say('table.delete')}
        </Button>
      )}
    </span>
  );
}
