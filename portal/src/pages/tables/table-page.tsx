import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'react-router';
import { MissingPage } from '../../app/missing-page.tsx';
import { useSession } from '../../app/session.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Refusal } from '../../parts/refusal.tsx';
import { useText } from '../../text/text.ts';
import { ExportButton } from './export-button.tsx';
import { ImportDialog } from './import-dialog.tsx';
import { RecordDialog } from './record-dialog.tsx';
import { RowActions } from './row-actions.tsx';
import { isolated, nameOf, type Row, removeRow } from './rows.ts';
import { TABLES, type TableFacts } from './table-facts.ts';
import { TableList } from './table-list.tsx';
import { TraitsDialog } from './traits-dialog.tsx';

/** A table of what the service keeps, to be read and changed. */
export function TablePage() {
  const { table: name } = useParams();
  const { session } = useSession();
  const table = TABLES.find((one) => one.name === name);
  if (table === undefined || (table.everybody !== true && !session.system)) return <MissingPage />;
  return <OneTable key={table.name} table={table} />;
}

function OneTable({ table }: { table: TableFacts }) {
  const say = useText();
  const client = useQueryClient();
  const [editing, setEditing] = useState<Row | 'new' | null>(null);
  const [leaving, setLeaving] = useState<Row | null>(null);
  const [traits, setTraits] = useState<Row | null>(null);
  const [importing, setImporting] = useState(false);
  const [made, setMade] = useState<Row | null>(null);
  const title = say(`table.${table.name}`);
  const again = () => client.invalidateQueries({ queryKey: [table.member] });
  const remove = useMutation({
    mutationFn: ({ uuid }: Row) => removeRow(table, uuid),
    onSettled: again,
  });
  const secret = secretOf(made);
  return (
    <>
      <PageHead title={title}>
        {table.create !== undefined && <Button onClick={() => setEditing('new')}>{say('table.new')}</Button>}
        {table.imported === true && (
          <Button variant="secondary" onClick={() => setImporting(true)}>
            {say('import.open')}
          </Button>
        )}
        <ExportButton table={table} />
      </PageHead>
      <Refusal title={say('refused')} error={remove.error} />
      {secret !== null && (
        <Alert variant="success" isInline component="h2" title={say('table.once')} className="k-once">
          <code>{secret}</code>
        </Alert>
      )}
      <TableList
        table={table}
        title={title}
        actions={(row) => (
          <RowActions
            row={row}
            edit={table.change === undefined ? undefined : () => setEditing(row)}
            remove={table.remove === true ? () => setLeaving(row) : undefined}
          >
            {table.traits === true && (
              <Button
                variant="link"
                isInline
                aria-label={say('parts.traits.of', { name: nameOf(row) })}
                onClick={() => setTraits(row)}
              >
                {say('field.traits')}
              </Button>
            )}
          </RowActions>
        )}
      />
      {traits !== null && (
        <TraitsDialog
          path={`${table.path}/${traits.uuid}/traits`}
          name={isolated(nameOf(traits))}
          close={() => setTraits(null)}
        />
      )}
      {editing !== null && (
        <RecordDialog
          table={table}
          kind={title}
          row={editing === 'new' ? null : editing}
          close={() => setEditing(null)}
          done={(row) => {
            setEditing(null);
            setMade(editing === 'new' ? row : null);
            void again();
          }}
        />
      )}
      {importing && (
        <ImportDialog table={table} close={() => setImporting(false)} changed={() => void again()} />
      )}
      {leaving !== null && (
        <Confirm
          title={say('table.delete.of', { name: isolated(nameOf(leaving)) })}
          go={say('table.delete')}
          close={() => setLeaving(null)}
          run={() => remove.mutate(leaving)}
        >
          {say('table.delete.body')}
        </Confirm>
      )}
    </>
  );
}

/** What an answer that made something tells only then. */
function secretOf(row: Row | null): string | null {
  const told = row?.token ?? row?.secret;
  return typeof told === 'string' ? told : null;
}
