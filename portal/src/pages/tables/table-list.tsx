import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { EmptyState, EmptyStateBody } from '@patternfly/react-core/dist/dynamic/components/EmptyState';
import { FormSelect, FormSelectOption } from '@patternfly/react-core/dist/dynamic/components/FormSelect';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { type ApiDocument, apiDocument, schemaOf } from '../../api/document.ts';
import { ask } from '../../api/http.ts';
import { Failure } from '../../parts/failure.tsx';
import { type ListAddress, useListAddress } from '../../parts/list-address.ts';
import { Loading } from '../../parts/loading.tsx';
import { Pager } from '../../parts/pager.tsx';
import { Rows } from '../../parts/rows.tsx';
import { SearchBox } from '../../parts/search-box.tsx';
import { useText } from '../../text/text.ts';
import { Cell } from './cells.tsx';
import { fieldLabel, valueLabel } from './labels.ts';
import type { Row } from './rows.ts';
import type { TableFacts } from './table-facts.ts';
import { tableQuery } from './table-query.ts';

interface Page {
  rows: Row[];
  total: number | null;
  more: boolean;
}

function tablePage(table: TableFacts, query: Readonly<Record<string, string>>) {
  return {
    queryKey: [table.member, 'page', query],
    queryFn: async ({ signal }: { signal: AbortSignal }): Promise<Page> => {
      const answer = await ask<Record<string, unknown>>(`${table.path}?${new URLSearchParams(query)}`, {
        signal,
      });
      const { total = null, next } = answer as { total?: number | null; next?: string };
      return { rows: answer[table.member] as Row[], total, more: next !== undefined };
    },
    placeholderData: keepPreviousData,
  };
}

/** A table's rows: searched, narrowed, sorted and paged by the service, however many there are. */
export function TableList({
  table,
  title,
  actions,
}: {
  table: TableFacts;
  title: string;
  actions: (row: Row) => ReactNode;
}) {
  const say = useText();
  const address = useListAddress(table.filters);
  const { data, error, isPlaceholderData, refetch } = useQuery(tablePage(table, tableQuery(table, address)));
  const columns = [
    ...table.columns.map((field) => ({
      key: field,
      label: fieldLabel(field, say),
      cell: (row: Row) => <Cell field={field} value={row[field]} />,
      ...(table.sorted.includes(field)
        ? {
            sort: {
              dir: address.sort?.key === field ? address.sort.dir : null,
              turn: () => address.setSort(field),
            },
          }
        : {}),
    })),
    { key: say('column.actions'), label: '', cell: actions },
  ];
  return (
    <div className="k-list">
      <TableToolbar table={table} title={title} address={address} />
      {error !== null && <Failure error={error} again={() => void refetch()} />}
      {data === undefined && error === null && <Loading />}
      {data !== undefined && data.rows.length > 0 && (
        <div className={isPlaceholderData ? 'k-waits' : ''} aria-busy={isPlaceholderData}>
          <Rows label={title} columns={columns} rows={data.rows} keyOf={({ uuid }) => uuid} />
        </div>
      )}
      {data !== undefined && data.rows.length === 0 && <Nothing address={address} />}
      {data !== undefined && (data.rows.length > 0 || address.after !== null) && (
        <Pager
          state={address}
          shown={data.rows.length}
          total={data.total}
          next={data.more ? (data.rows.at(-1)?.uuid ?? null) : null}
        />
      )}
    </div>
  );
}

function TableToolbar({
  table,
  title,
  address,
}: {
  table: TableFacts;
  title: string;
  address: ListAddress<string>;
}) {
  const say = useText();
  const { data: document } = useQuery({ ...apiDocument(table.api), enabled: table.filters.length > 0 });
  if (!table.searched && table.filters.length === 0) return null;
  return (
    <div className="k-toolbar">
      <div className="k-toolbar-row">
        {table.searched && (
          <SearchBox
            label={say('table.search', { kind: title })}
            placeholder={say('table.search.hint')}
            empty={say('list.search.clear')}
            search={address.search}
            setSearch={address.setSearch}
          />
        )}
        {table.filters.map((field) => (
          <FormSelect
            key={field}
            aria-label={fieldLabel(field, say)}
            className="k-narrow"
            value={address.filters.get(field) ?? ''}
            onChange={(_event, value) => address.setFilter(field, value)}
          >
            <FormSelectOption value="" label={`${fieldLabel(field, say)}: ${say('list.any')}`} />
            {valuesOf(document, table.answer, field).map((value) => (
              <FormSelectOption key={value} value={value} label={valueLabel(value, say)} />
            ))}
          </FormSelect>
        ))}
      </div>
    </div>
  );
}

function valuesOf(document: ApiDocument | undefined, answer: string, field: string): string[] {
  if (document === undefined) return [];
  const values = schemaOf(document, answer).properties?.[field]?.enum ?? [];
  return values.filter((one) => one !== null);
}

function Nothing({ address }: { address: ListAddress<string> }) {
  const say = useText();
  const narrowed = address.search !== '' || address.filters.size > 0;
  return (
    <EmptyState titleText={say(narrowed ? 'list.none.title' : 'table.empty')} headingLevel="h2" variant="sm">
      {narrowed && (
        <EmptyStateBody>
          <Button variant="link" onClick={address.clear}>
            {say('list.filters.clear')}
          </Button>
        </EmptyStateBody>
      )}
    </EmptyState>
  );
}
