import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Form } from '@patternfly/react-core/dist/dynamic/components/Form';
import {
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
} from '@patternfly/react-core/dist/dynamic/components/Modal';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { lifecycleDocument, type Schema, schemaOf } from '../../api/document.ts';
import { ask } from '../../api/http.ts';
import { Failure } from '../../parts/failure.tsx';
import { Field } from '../../parts/field.tsx';
import { Loading } from '../../parts/loading.tsx';
import { fieldOf, Refusal } from '../../parts/refusal.tsx';
import { type Say, useText } from '../../text/text.ts';
import { changesOf, isJson, LONG, textOf } from './record-values.ts';
import type { TableFacts } from './table-facts.ts';
import { nameOf, type Row } from './table-page.tsx';

interface Props {
  table: TableFacts;
  /** null: a new one. */
  row: Row | null;
  close: () => void;
  done: (row: Row) => void;
}

/** A form with the fields that the API's document gives it. */
export function RecordDialog(props: Props) {
  const { table, row, close } = props;
  const say = useText();
  const wanted = row === null ? table.create : table.change;
  const { data, error } = useQuery({ ...lifecycleDocument(), enabled: typeof wanted === 'string' });
  const schema =
    typeof wanted !== 'string' ? wanted : data === undefined ? undefined : schemaOf(data, wanted);
  const title =
    row === null
      ? say('table.new.of', { kind: say(`table.${table.name}`) })
      : say('table.edit.of', { name: nameOf(row) });
  return (
    <Modal isOpen variant="medium" onClose={close} aria-labelledby="record-title">
      <ModalHeader title={title} labelId="record-title" />
      {schema === undefined ? (
        <ModalBody>{error === null ? <Loading /> : <Failure error={error} />}</ModalBody>
      ) : (
        <RecordForm {...props} schema={schema} say={say} />
      )}
    </Modal>
  );
}

function RecordForm({ table, row, close, done, schema, say }: Props & { schema: Schema; say: Say }) {
  const properties = Object.entries(schema.properties ?? {});
  const before = Object.fromEntries(properties.map(([name, one]) => [name, textOf(one, row?.[name])]));
  const [fields, setFields] = useState(before);
  const save = useMutation({
    mutationFn: async () => {
      const changes = changesOf(schema, before, fields);
      if (row === null) return await ask<Row>(table.path, { method: 'POST', body: changes });
      const patch = Object.entries(changes).map(([name, value]) => ({ op: 'add', path: `/${name}`, value }));
      return await ask<Row>(`${table.path}/${row.uuid}`, {
        method: 'PATCH',
        body: table.json_patch === true ? patch : changes,
      });
    },
    onSuccess: done,
  });
  const refused = fieldOf(
    save.error,
    properties.map(([name]) => name),
  );
  return (
    <>
      <ModalBody>
        <Form
          id="record-form"
          onSubmit={(event) => {
            event.preventDefault();
            save.mutate();
          }}
        >
          {refused === null && <Refusal title={say('refused')} error={save.error} />}
          <div className="k-fields">
            {properties.map(([name, one]) => (
              <Field
                key={name}
                id={`record-${name}`}
                label={name}
                value={fields[name] ?? ''}
                onChange={(value) => setFields((now) => ({ ...now, [name]: value }))}
                required={row === null && schema.required?.includes(name) === true}
                refused={refused === name ? (save.error?.message ?? null) : null}
                help={one.description ?? (isJson(one) ? say('table.json') : undefined)}
                {...inputOf(one, say)}
              />
            ))}
          </div>
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form="record-form" isLoading={save.isPending} isDisabled={save.isPending}>
          {say('table.save')}
        </Button>
        <Button variant="link" onClick={close}>
          {say('cancel')}
        </Button>
      </ModalFooter>
    </>
  );
}

/** How a field is typed. */
function inputOf(schema: Schema, say: Say): Partial<Parameters<typeof Field>[0]> {
  if (schema.type === 'boolean')
    return {
      choices: [
        { value: '', label: '–' },
        { value: 'true', label: say('table.yes') },
        { value: 'false', label: say('table.no') },
      ],
    };
  if (schema.enum !== undefined)
    return {
      choices: ['', ...schema.enum.filter((one) => one !== null)].map((value) => ({
        value,
        label: value === '' ? '–' : value,
      })),
    };
  if (isJson(schema)) return { lines: 4, wide: true, mono: true };
  if (schema.type === 'integer' || schema.type === 'number')
    return {
      type: 'number',
      ...(schema.minimum === undefined ? {} : { min: schema.minimum }),
      ...(schema.maximum === undefined ? {} : { max: schema.maximum }),
    };
  if ((schema.maxLength ?? 0) > LONG) return { lines: 3, wide: true, mono: true };
  return schema.maxLength === undefined ? {} : { maxLength: schema.maxLength };
}
