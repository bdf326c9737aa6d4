import { useState } from 'react';
import { act } from '../../api/servers.ts';
import type { ServerDetail } from '../../api/types.ts';
import { Field } from '../../parts/field.tsx';
import { useText } from '../../text/text.ts';
import { FormDialog } from './form-dialog.tsx';

/** Boots a rescue system, with a password of one's own. */
export function RescueDialog({ server, close }: { server: ServerDetail; close: () => void }) {
  const say = useText();
  const [password, setPassword] = useState('');
  return (
    <FormDialog
      title={say('tool.rescue')}
      lead={say('rescue.lead')}
      go={say('actions.go')}
      disabled={password.trim() === ''}
      run={() => act(server.uuid, 'rescue', { rescue_password: password })}
      close={close}
    >
      <Field
        id="rescue-password"
        label={say('rescue.password')}
        value={password}
        onChange={setPassword}
        type="password"
        maxLength={255}
        required
      />
    </FormDialog>
  );
}
