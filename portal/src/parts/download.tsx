import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useText } from '../text/text.ts';
import { csvText } from './csv.ts';
import { saveFile } from './save-file.ts';

/** Keeps the rows that are shown as a file: for spreadsheets, or as the API gave them. `name`: of the file, without its kind. */
export function Download<T extends object>({
  name,
  rows,
  columns,
}: {
  name: string;
  rows: readonly T[];
  columns: readonly (keyof T & string)[];
}) {
  const say = useText();
  const disabled = rows.length === 0;
  const csv = (): void => saveFile(`${name}.csv`, 'text/csv', csvText(columns, rows as readonly Row[]));
  const json = (): void => saveFile(`${name}.json`, 'application/json', `${JSON.stringify(rows, null, 2)}\n`);
  return (
    <>
      <Button variant="secondary" isDisabled={disabled} onClick={csv}>
        {say('download.csv')}
      </Button>
      <Button variant="secondary" isDisabled={disabled} onClick={json}>
        {say('download.json')}
      </Button>
    </>
  );
}

type Row = Readonly<Record<string, unknown>>;
