import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'react-router';
import { ask } from '../../api/http.ts';
import { listing } from '../../api/listing.ts';
import { MissingPage } from '../../app/missing-page.tsx';
import { useSession } from '../../app/session.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Refusal } from '../../parts/refusal.tsx';
import { Listing, Value } from '../../parts/rows.tsx';
import { Time } from '../../parts/time.tsx';
import { useText } from '../../text/text.ts';
import { RecordDialog } from './record-dialog.tsx';
import { TABLES, type TableFacts } from './table-facts.ts';

export type Row = Record<string, unknown> & { uuid: string };

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
  const [made, setMade] = useState<Row | null>(null);
  const title = say(`table.${table.name}`);
  const sort: Record<string, string> = table.newest === true ? { sort_dir: 'desc' } : {};
  const query = useInfiniteQuery(
    listing<Row>(table.path, table.member, {
      ...sort,
      ...(table.json_patch === true ? { detail: 'true' } : {}),
    }),
  );
  const again = () => client.invalidateQueries({ queryKey: [table.member] });
  const remove = useMutation({
    mutationFn: ({ uuid }: Row) => ask(`${table.path}/${uuid}`, { method: 'DELETE' }),
    onSettled: again,
  });
  const secret = secretOf(made);
  return (
    <>
      <PageHead title={title}>
        {table.create !== undefined && <Button onClick={() => setEditing('new')}>{say('table.new')}</Button>}
      </PageHead>
      <Refusal title={say('refused')} error={remove.error} />
      {secret !== null && (
        <Alert variant="success" isInline component="h2" title={say('table.once')} className="k-once">
          <code>{secret}</code>
        </Alert>
      )}
      <Listing
        query={query}
        empty={{ title: say('table.empty') }}
        label={title}
        keyOf={({ uuid }) => uuid}
        columns={[
          ...table.columns.map((field) => ({
            key: field,
            label: field,
            cell: (row: Row) => <Cell field={field} value={row[field]} />,
          })),
          {
            key: say('column.actions'),
            label: '',
            cell: (row: Row) => (
              <span className="k-inline">
                {table.change !== undefined && (
                  <Button
                    variant="link"
                    isInline
                    aria-label={say('table.edit.of', { name: nameOf(row) })}
                    onClick={() => setEditing(row)}
                  >
                    {say('table.edit')}
                  </Button>
                )}
                {table.remove === true && (
                  <Button
                    variant="link"
                    isInline
                    isDanger
                    aria-label={say('table.delete.of', { name: nameOf(row) })}
                    onClick={() => setLeaving(row)}
                  >
                    {say('table.delete')}
                  </Button>
                )}
              </span>
            ),
          },
        ]}
      />
      {editing !== null && (
        <RecordDialog
          table={table}
          row={editing === 'new' ? null : editing}
          close={() => setEditing(null)}
          done={(row) => {
            setEditing(null);
            setMade(editing === 'new' ? row : null);
            void again();
          }}
        />
      )}
      {leaving !== null && (
        <Confirm
          title={say('table.delete.of', { name: nameOf(leaving) })}
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

/** What a person knows a row by. */
export function nameOf(row: Row): string {
  for (const field of ['name', 'address', 'device', 'what', 'version'])
    if (typeof row[field] === 'string') return row[field];
  return row.uuid;
}

/** What an answer that made something tells only then. */
function secretOf(row: Row | null): string | null {
  return typeof row?.token === 'string' ? row.token : null;
}

function Cell({ field, value }: { field: string; value: unknown }) {
  const say = useText();
  if (typeof value === 'boolean') return say(value ? 'table.yes' : 'table.no');
  if (field.endsWith('_at') && typeof value === 'string') return <Time time={value} />;
  if (typeof value === 'object' && value !== null) return <Value mono>{JSON.stringify(value)}</Value>;
  return <Value>{value as string | number | null | undefined}</Value>;
}
