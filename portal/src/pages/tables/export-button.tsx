import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useMutation } from '@tanstack/react-query';
import { csvText } from '../../parts/csv.ts';
import { useListAddress } from '../../parts/list-address.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { saveFile } from '../../parts/save-file.ts';
import { useText } from '../../text/text.ts';
import { allRows } from './all-rows.ts';
import type { TableFacts } from './table-facts.ts';
import { tableQuery } from './table-query.ts';

/** Has everything that fits the search and the filters, on all pages, kept as a file for spreadsheets. */
export function ExportButton({ table }: { table: TableFacts }) {
  const say = useText();
  const address = useListAddress(table.filters);
  const save = useMutation({
    mutationFn: async () => {
      const rows = await allRows(table, tableQuery(table, address));
      saveFile(`${table.name}.csv`, 'text/csv', csvText([...new Set([...table.columns, 'uuid'])], rows));
    },
  });
  return (
    <>
      <Refusal title={say('refused')} error={save.error} />
      <Button variant="secondary" isLoading={save.isPending} onClick={() => save.mutate()}>
        {say('table.export')}
      </Button>
    </>
  );
}
