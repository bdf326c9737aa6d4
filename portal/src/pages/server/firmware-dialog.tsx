import { useState } from 'react';
import { act } from '../../api/servers.ts';
import type { ServerDetail } from '../../api/types.ts';
import { Field } from '../../parts/field.tsx';
import { useText } from '../../text/text.ts';
import { FormDialog } from './form-dialog.tsx';

interface Props {
  server: ServerDetail;
  /** What is known to have firmware; none: it was never read. */
  components: readonly string[];
  close: () => void;
}

/** Has one component's firmware written from an image. */
export function FirmwareDialog({ server, components, close }: Props) {
  const say = useText();
  const [component, setComponent] = useState(components[0] ?? 'bios');
  const [url, setUrl] = useState('');
  const [wait, setWait] = useState('0');
  return (
    <FormDialog
      title={say('settings.flash')}
      lead={say('settings.flash.lead')}
      go={say('settings.flash.go')}
      disabled={url.trim() === ''}
      run={() =>
        act(server.uuid, 'firmware-update', { updates: [{ component, url: url.trim(), wait: Number(wait) }] })
      }
      close={close}
    >
      <Field
        id="firmware-component"
        label={say('settings.component')}
        value={component}
        onChange={setComponent}
        {...(components.length === 0
          ? {}
          : { choices: components.map((one) => ({ value: one, label: one })) })}
      />
      <Field
        id="firmware-url"
        label={say('settings.flash.url')}
        value={url}
        onChange={setUrl}
        type="url"
        maxLength={2000}
        required
      />
      <Field
        id="firmware-wait"
        label={say('settings.flash.wait')}
        value={wait}
        onChange={setWait}
        type="number"
        min={0}
        max={3600}
      />
    </FormDialog>
  );
}
