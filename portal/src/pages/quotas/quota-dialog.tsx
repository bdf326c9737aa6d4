import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Form } from '@patternfly/react-core/dist/dynamic/components/Form';
import {
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
} from '@patternfly/react-core/dist/dynamic/components/Modal';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { setQuota } from '../../api/quotas.ts';
import type { Quota } from '../../api/types.ts';
import { Field } from '../../parts/field.tsx';
import { fieldOf, Refusal } from '../../parts/refusal.tsx';
import { useText } from '../../text/text.ts';

/** Sets how many servers a project may have. `quota` null: of a project that is named here. */
export function QuotaDialog({ quota, close }: { quota: Quota | null; close: () => void }) {
  const say = useText();
  const client = useQueryClient();
  const [project, setProject] = useState(quota?.project ?? '');
  const [servers, setServers] = useState(quota?.servers == null ? '' : String(quota.servers));
  const save = useMutation({
    mutationFn: () => setQuota(project.trim(), Number(servers)),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['quotas'] });
      close();
    },
  });
  const refused = fieldOf(save.error, ['project', 'servers']);
  const why = (name: string) => (refused === name ? (save.error?.message ?? null) : null);
  return (
    <Modal isOpen variant="small" onClose={close} aria-labelledby="quota-title">
      <ModalHeader
        title={quota === null ? say('quota.set.title') : say('quota.change.of', { project: quota.project })}
        labelId="quota-title"
      />
      <ModalBody>
        <Form
          id="quota-form"
          onSubmit={(event) => {
            event.preventDefault();
            // The dialog may be opened within a form: that one is not sent.
            event.stopPropagation();
            save.mutate();
          }}
        >
          {refused === null && <Refusal title={say('refused')} error={save.error} />}
          {quota === null && (
            <Field
              id="quota-project"
              label={say('quota.project')}
              value={project}
              onChange={setProject}
              maxLength={255}
              required
              refused={why('project')}
            />
          )}
          <Field
            id="quota-servers"
            label={say('quota.servers')}
            type="number"
            min={0}
            max={1_000_000}
            value={servers}
            onChange={setServers}
            required
            refused={why('servers')}
          />
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button
          type="submit"
          form="quota-form"
          isLoading={save.isPending}
          isDisabled={save.isPending || project.trim() === '' || servers === ''}
        >
          {say('quota.set')}
        </Button>
        <Button variant="link" onClick={close}>
          {say('cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
