import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Form } from '@patternfly/react-core/dist/dynamic/components/Form';
import {
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
} from '@patternfly/react-core/dist/dynamic/components/Modal';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../../api/http.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Field } from '../../parts/field.tsx';
import { useLeaveGuard } from '../../parts/leave-guard.ts';
import { useText } from '../../text/text.ts';

interface Props {
  /** Of the traits of a node, or of a runbook. */
  path: string;
  /** Whose they are. */
  name: string;
  close: () => void;
}

/** The traits of a node or a runbook, as a whole. */
export function TraitsDialog({ path, name, close }: Props) {
  const say = useText();
  const { data, error } = useQuery({
    queryKey: ['traits', path],
    queryFn: ({ signal }) => ask<{ traits: string[] }>(path, { signal }),
  });
  if (data === undefined)
    return (
      <Modal isOpen variant="small" onClose={close} aria-label={say('table.edit.of', { name })}>
        <ModalBody>{error !== null && <Failure error={error} />}</ModalBody>
      </Modal>
    );
  return <TraitsForm {...{ path, name, close }} traits={data.traits} />;
}

function TraitsForm({ path, name, close, traits }: Props & { traits: readonly string[] }) {
  const say = useText();
  const client = useQueryClient();
  const [before] = useState(() => traits.join('\n'));
  const [text, setText] = useState(before);
  const guard = useLeaveGuard(text !== before, close);
  const save = useMutation({
    mutationFn: () => {
      const wanted = text.split('\n').map((line) => line.trim());
      return ask(path, { method: 'PUT', body: { traits: wanted.filter((one) => one !== '') } });
    },
    onSuccess: () => {
      close();
      void client.invalidateQueries({ queryKey: ['traits', path] });
      void client.invalidateQueries({ queryKey: ['runbooks'] });
    },
  });
  return (
    <>
      <Modal isOpen variant="small" onClose={guard.leave} aria-labelledby="traits-title">
        <ModalHeader title={say('table.edit.of', { name })} labelId="traits-title" />
        <ModalBody>
          <Form
            id="traits-form"
            onSubmit={(event) => {
              event.preventDefault();
              save.mutate();
            }}
          >
            <Field
              id="traits"
              label={say('field.traits')}
              value={text}
              onChange={setText}
              lines={6}
              mono
              help={say('parts.traits.help')}
              refused={save.error?.message}
            />
          </Form>
        </ModalBody>
        <ModalFooter>
          <Button type="submit" form="traits-form" isLoading={save.isPending} isDisabled={save.isPending}>
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
