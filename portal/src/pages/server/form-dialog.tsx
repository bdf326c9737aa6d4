import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Form } from '@patternfly/react-core/dist/dynamic/components/Form';
import {
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
} from '@patternfly/react-core/dist/dynamic/components/Modal';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Refusal } from '../../parts/refusal.tsx';
import { useText } from '../../text/text.ts';

interface Props {
  title: string;
  lead?: string;
  /** The word on the button. */
  go: string;
  danger?: boolean;
  disabled?: boolean;
  variant?: 'small' | 'medium';
  children: ReactNode;
  run: () => Promise<unknown>;
  close: () => void;
}

/** A form of one thing to do with a server. It stays, with the reason, when the service refuses; else it closes, and all of the server is read anew. */
export function FormDialog({
  title,
  lead,
  go,
  danger,
  disabled,
  variant = 'small',
  children,
  run,
  close,
}: Props) {
  const say = useText();
  const client = useQueryClient();
  const { mutate, error, isPending } = useMutation({
    mutationFn: run,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['servers'] });
      close();
    },
  });
  return (
    <Modal isOpen variant={variant} onClose={close} aria-labelledby="form-title">
      <ModalHeader
        title={title}
        labelId="form-title"
        {...(lead === undefined ? {} : { description: lead })}
      />
      <ModalBody tabIndex={0} aria-label={title}>
        <Form
          id="form-dialog"
          onSubmit={(event) => {
            event.preventDefault();
            mutate();
          }}
        >
          <Refusal title={say('refused')} error={error} />
          {children}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button
          type="submit"
          form="form-dialog"
          variant={danger ? 'danger' : 'primary'}
          isLoading={isPending}
          isDisabled={disabled === true || isPending}
        >
          {go}
        </Button>
        <Button variant="link" onClick={close}>
          {say('cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
