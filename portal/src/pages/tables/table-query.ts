import { type ListAddress, listQuery } from '../../parts/list-address.ts';
import type { TableFacts } from './table-facts.ts';

/** What a table's list is asked for what its address says, as query parameters. */
export function tableQuery(table: TableFacts, address: ListAddress<string>): Record<string, string> {
  const { filters, ...place } = address;
  const { search, ...others } = listQuery(place);
  const fields =
    table.api === 'baremetal' ? { fields: [...new Set(['uuid', ...table.columns])].join(',') } : {};
  return {
    ...(table.newest === true && address.sort === null ? { sort_dir: 'desc' } : {}),
    ...others,
    ...fields,
    ...(table.searched && search !== undefined ? { search } : {}),
    ...Object.fromEntries(filters),
  };
}
