import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { FormGroup } from '@patternfly/react-core/dist/dynamic/components/Form';
import {
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
} from '@patternfly/react-core/dist/dynamic/components/Modal';
import { TextInput } from '@patternfly/react-core/dist/dynamic/components/TextInput';
import { type ReactNode, useState } from 'react';
import { useText } from '../text/text.ts';

interface Props {
  title: string;
  children: ReactNode;
  /** The word on the button. */
  go: string;
  /** What has to be typed first. */
  word?: string;
  run: () => void;
  close: () => void;
}

/** Asks before something is done that cannot be undone. Closes, then runs. */
export function Confirm({ title, children, go, word, run, close }: Props) {
  const say = useText();
  const [typed, setTyped] = useState('');
  return (
    <Modal isOpen variant="small" onClose={close} aria-labelledby="confirm-title">
      <ModalHeader title={title} labelId="confirm-title" titleIconVariant="warning" />
      <ModalBody>
        <div>{children}</div>
        {word !== undefined && (
          <FormGroup label={say('actions.confirm.type', { word })} fieldId="confirm" className="k-gap">
            <TextInput
              id="confirm"
              autoComplete="off"
              value={typed}
              onChange={(_event, value) => setTyped(value)}
            />
          </FormGroup>
        )}
      </ModalBody>
      <ModalFooter>
        <Button
          variant="danger"
          isDisabled={word !== undefined && typed !== word}
          onClick={() => {
            close();
            run();
          }}
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
