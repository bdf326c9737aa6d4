import { Modal, ModalBody, ModalHeader } from '@patternfly/react-core/dist/dynamic/components/Modal';
import { useQuery } from '@tanstack/react-query';
import { apiDocument, schemaOf } from '../../api/document.ts';
import { ask } from '../../api/http.ts';
import { Failure } from '../../parts/failure.tsx';
import { Loading } from '../../parts/loading.tsx';
import { useText } from '../../text/text.ts';
import { RecordForm } from './record-form.tsx';
import { isolated, nameOf, type Row } from './rows.ts';
import type { TableFacts } from './table-facts.ts';
import { fieldsOf, type Widget } from './widgets.ts';

export interface RecordDialogProps {
  table: Pick<TableFacts, 'api' | 'path' | 'create' | 'change' | 'omit'> & { name: string };
  /** What a new one is called. */
  kind: string;
  /** null: a new one. */
  row: Row | null;
  /** Fields of a new one that are known. */
  known?: Readonly<Record<string, unknown>>;
  /** Inputs that the document cannot know. */
  inputs?: Readonly<Record<string, Widget>>;
  close: () => void;
  done: (row: Row) => void;
}

/** A form with the fields that the API's document gives it. What is changed is read anew first. */
export function RecordDialog({ table, kind, row, known = {}, inputs = {}, close, done }: RecordDialogProps) {
  const say = useText();
  const wanted = row === null ? table.create : table.change;
  const document = useQuery(apiDocument(table.api));
  const record = useQuery({
    queryKey: ['record', table.path, row?.uuid],
    queryFn: ({ signal }) => ask<Row>(`${table.path}/${encodeURIComponent(row?.uuid ?? '')}`, { signal }),
    enabled: row !== null,
    // What is typed in the form stands on it.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const error = document.error ?? record.error;
  const title =
    row === null ? say('table.new.of', { kind }) : say('table.edit.of', { name: isolated(nameOf(row)) });
  if (document.data === undefined || (row !== null && record.data === undefined) || wanted === undefined)
    return (
      <Modal isOpen variant="medium" onClose={close} aria-labelledby="record-title">
        <ModalHeader title={title} labelId="record-title" />
        <ModalBody>{error === null ? <Loading /> : <Failure error={error} />}</ModalBody>
      </Modal>
    );
  const omit = [...(table.omit ?? []), ...Object.keys(known)];
  return (
    <RecordForm
      {...{ table, title, known, close, done }}
      row={row === null ? null : (record.data ?? row)}
      fields={fieldsOf(schemaOf(document.data, wanted), omit).map((field) => ({
        ...field,
        widget: inputs[field.name] ?? field.widget,
      }))}
    />
  );
}
