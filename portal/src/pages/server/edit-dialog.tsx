import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Form, FormGroup } from '@patternfly/react-core/dist/dynamic/components/Form';
import {
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
} from '@patternfly/react-core/dist/dynamic/components/Modal';
import { TextArea } from '@patternfly/react-core/dist/dynamic/components/TextArea';
import { TextInput } from '@patternfly/react-core/dist/dynamic/components/TextInput';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { ask } from '../../api/http.ts';
import { serverPath } from '../../api/servers.ts';
import type { ServerDetail } from '../../api/types.ts';
import { useText } from '../../text/text.ts';

const WORDS = [
  'serial_number',
  'vendor',
  'manufacturer',
  'product_name',
  'availability_zone',
  'service_address',
  'rack',
] as const;
const NUMBERS = ['vlan_id', 'rack_unit'] as const;
const FIELDS = [...WORDS, ...NUMBERS, 'notes'] as const;
type Field = (typeof FIELDS)[number];

const LONGEST_NOTE = 10_000;

/** Changes what the provider knows of a server. Only what was changed is sent; what is emptied is null. */
export function EditDialog({ server, close }: { server: ServerDetail; close: () => void }) {
  const say = useText();
  const client = useQueryClient();
  const [before] = useState(() => textsOf(server));
  const [values, setValues] = useState(before);
  const [failure, setFailure] = useState<string | null>(null);
  const changed = FIELDS.filter((field) => values[field] !== before[field]);
  const set = (field: Field) => (_event: FormEvent, value: string) =>
    setValues((old) => ({ ...old, [field]: value }));

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault();
    setFailure(null);
    const body = Object.fromEntries(changed.map((field) => [field, sentValue(field, values[field])]));
    try {
      const after = await ask<ServerDetail>(serverPath(server.uuid), { method: 'PATCH', body });
      client.setQueryData(['servers', 'one', server.uuid], after);
      void client.invalidateQueries({ queryKey: ['servers'] });
      close();
    } catch (error) {
      setFailure((error as Error).message);
    }
  }

  return (
    <Modal isOpen variant="medium" onClose={close} aria-labelledby="edit-title">
      <ModalHeader title={say('server.edit.title')} labelId="edit-title" />
      <ModalBody>
        <Form id="edit-form" className="k-form-columns" onSubmit={(event) => void save(event)}>
          {failure !== null && (
            <Alert variant="danger" isInline title={say('server.edit.failed')} component="p">
              {failure}
            </Alert>
          )}
          {[...WORDS, ...NUMBERS].map((field) => (
            <FormGroup
              key={field}
              label={field === 'rack_unit' ? say('server.rack_unit') : say(`column.${field}`)}
              fieldId={`edit-${field}`}
            >
              <TextInput
                id={`edit-${field}`}
                type={field === 'vlan_id' || field === 'rack_unit' ? 'number' : 'text'}
                maxLength={255}
                value={values[field]}
                onChange={set(field)}
              />
            </FormGroup>
          ))}
          <FormGroup label={say('server.notes')} fieldId="edit-notes" className="k-form-wide">
            <TextArea
              id="edit-notes"
              rows={4}
              maxLength={LONGEST_NOTE}
              value={values.notes}
              onChange={(event, value) => set('notes')(event, value)}
            />
          </FormGroup>
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form="edit-form" variant="primary" isDisabled={changed.length === 0}>
          {say('server.edit.save')}
        </Button>
        <Button variant="link" onClick={close}>
          {say('cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}

function textsOf(server: ServerDetail): Record<Field, string> {
  return Object.fromEntries(FIELDS.map((field) => [field, String(server[field] ?? '')])) as Record<
    Field,
    string
  >;
}

function sentValue(field: Field, text: string): string | number | null {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  return field === 'vlan_id' || field === 'rack_unit' ? Number(trimmed) : trimmed;
}
