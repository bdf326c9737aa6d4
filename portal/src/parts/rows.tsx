import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { EmptyState, EmptyStateBody } from '@patternfly/react-core/dist/dynamic/components/EmptyState';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table/dist/dynamic/components/Table';
import type { UseInfiniteQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useText } from '../text/text.ts';
import { Failure } from './failure.tsx';
import { Loading } from './loading.tsx';
import { ScrollBox } from './scroll-box.tsx';

export interface RowColumn<T> {
  key: string;
  label: string;
  cell: (row: T) => ReactNode;
  /** How the rows are in the order of this column, when it can be. */
  sort?: ColumnSort;
}

/** `dir` null: they are in another order. */
export interface ColumnSort {
  dir: 'asc' | 'desc' | null;
  turn: () => void;
}

/** Rows in a table, as many as there are. `keyOf`: what tells rows apart. */
export function Rows<T>({
  label,
  columns,
  rows,
  keyOf,
}: {
  label: string;
  columns: readonly RowColumn<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string;
}) {
  return (
    <ScrollBox label={label}>
      <Table variant="compact" aria-label={label} className="k-table">
        <Thead>
          <Tr>
            {columns.map(({ key, label: text, sort }, index) =>
              text === '' ? (
                <Th key={key} screenReaderText={key} />
              ) : (
                <Th key={key} modifier="nowrap" {...(sort === undefined ? {} : sortOf(sort, index))}>
                  {text}
                </Th>
              ),
            )}
          </Tr>
        </Thead>
        <Tbody>
          {rows.map((row) => (
            <Tr key={keyOf(row)} data-row={keyOf(row)}>
              {columns.map(({ key, label: text, cell }) => (
                <Td key={key} {...(text === '' ? { className: 'k-column-actions' } : { dataLabel: text })}>
                  {cell(row)}
                </Td>
              ))}
            </Tr>
          ))}
        </Tbody>
      </Table>
    </ScrollBox>
  );
}

function sortOf({ dir, turn }: ColumnSort, index: number) {
  const sortBy = dir === null ? {} : { index, direction: dir };
  return { sort: { columnIndex: index, sortBy, onSort: turn } };
}

/** A list of an API: its rows, more of them, why it cannot be shown, or that it is empty. */
export function Listing<T>({
  query,
  empty,
  ...table
}: {
  query: UseInfiniteQueryResult<T[]>;
  empty: { title: string; body?: ReactNode };
  label: string;
  columns: readonly RowColumn<T>[];
  keyOf: (row: T) => string;
}) {
  const say = useText();
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  if (error !== null && data === undefined) return <Failure error={error} again={() => void refetch()} />;
  if (data === undefined) return <Loading />;
  return (
    <>
      {error !== null && <Failure error={error} again={() => void refetch()} />}
      {data.length === 0 ? (
        <EmptyState titleText={empty.title} headingLevel="h2" variant="sm">
          {empty.body !== undefined && <EmptyStateBody>{empty.body}</EmptyStateBody>}
        </EmptyState>
      ) : (
        <Rows {...table} rows={data} />
      )}
      {hasNextPage && (
        <div className="k-more">
          <Button variant="link" isLoading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {say('rows.more')}
          </Button>
        </div>
      )}
    </>
  );
}

/** A value in a cell; long ones are cut, with the whole on hover. */
export function Value({
  children,
  mono = false,
}: {
  children: string | number | null | undefined;
  mono?: boolean;
}) {
  if (children === null || children === undefined || children === '')
    return <span className="k-quiet">–</span>;
  return (
    <bdi className={mono ? 'k-cell k-mono' : 'k-cell'} title={String(children)}>
      {children}
    </bdi>
  );
}
