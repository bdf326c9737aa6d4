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
import { Confirm } from '../../parts/confirm.tsx';
import { useLeaveGuard } from '../../parts/leave-guard.ts';
import { fieldOf, Refusal } from '../../parts/refusal.tsx';
import { useText } from '../../text/text.ts';
import { changesOf, type Drafts, draftOf, draftsOf, FieldError, isSame } from './record-values.ts';
import { changeRow, makeRow, type Row } from './rows.ts';
import { stepAdvice } from './step-advice.ts';
import type { TableFacts } from './table-facts.ts';
import { knownSteps } from './targets.ts';
import { type InputProps, WidgetInput } from './widget-input.tsx';
import type { NamedWidget } from './widgets.ts';

interface Props {
  table: Pick<TableFacts, 'api' | 'path'> & { name: string };
  title: string;
  row: Row | null;
  fields: readonly NamedWidget[];
  known: Readonly<Record<string, unknown>>;
  close: () => void;
  done: (row: Row) => void;
}

/** Fields as they are typed. Only what was changed is sent; a refusal stands at its field, and nothing typed is lost. */
export function RecordForm({ table, title, row, fields, known, close, done }: Props) {
  const say = useText();
  const [before] = useState<Drafts>(() => (row === null ? firstDrafts(fields) : draftsOf(fields, row)));
  const [drafts, setDrafts] = useState(before);
  const typed = !isSame(before, drafts);
  const guard = useLeaveGuard(typed, close);
  const advice = useAdvice(table, fields);
  const save = useMutation({
    mutationFn: async () => {
      const changes = changesOf(fields, before, drafts);
      return row === null
        ? await makeRow(table, { ...known, ...changes })
        : await changeRow(table, row.uuid, changes);
    },
    onSuccess: done,
  });
  const names = fields.map(({ name }) => name);
  const refused = save.error instanceof FieldError ? save.error.field : fieldOf(save.error, names);
  return (
    <>
      <Modal
        isOpen
        variant={fields.some(({ widget }) => widget.kind === 'rows') ? 'large' : 'medium'}
        onClose={guard.leave}
        aria-labelledby="record-title"
      >
        <ModalHeader title={title} labelId="record-title" />
        <ModalBody>
          <Form
            id="record-form"
            onSubmit={(event) => {
              event.preventDefault();
              if (!save.isPending) save.mutate();
            }}
          >
            {refused === null && <Refusal title={say('refused')} error={save.error} />}
            <div className="k-fields">
              {fields.map((field) => (
                <WidgetInput
                  key={field.name}
                  id={`record-${field.name}`}
                  field={field}
                  draft={drafts[field.name] ?? ''}
                  onChange={(draft) => setDrafts((now) => ({ ...now, [field.name]: draft }))}
                  required={row === null && field.required}
                  refused={refused === field.name ? (save.error?.message ?? null) : null}
                  {...(advice === undefined ? {} : { advice })}
                />
              ))}
            </div>
          </Form>
        </ModalBody>
        <ModalFooter>
          <Button
            type="submit"
            form="record-form"
            isLoading={save.isPending}
            isDisabled={save.isPending || (row !== null && !typed)}
          >
            {say('table.save')}
          </Button>
          <Button variant="link" onClick={guard.leave}>
            {say('cancel')}
          </Button>
        </ModalFooter>
      </Modal>
      {guard.asking && (
        <Confirm title={say('table.leave')} go={say('table.leave.go')} close={guard.stay} run={guard.go}>
          {say('table.leave.body')}
        </Confirm>
      )}
    </>
  );
}

/** A new one as the service would make it of nothing. */
function firstDrafts(fields: readonly NamedWidget[]): Drafts {
  return Object.fromEntries(fields.map(({ name, widget, initial }) => [name, draftOf(widget, initial)]));
}

/** What the service knows of steps, where there are some to be typed. */
function useAdvice(
  { name }: { name: string },
  fields: readonly NamedWidget[],
): InputProps['advice'] | undefined {
  const say = useText();
  const wanted = fields.some((field) => field.name === 'steps');
  const { data } = useQuery({ ...knownSteps(), enabled: wanted });
  return data === undefined ? undefined : stepAdvice(data, name, say);
}
