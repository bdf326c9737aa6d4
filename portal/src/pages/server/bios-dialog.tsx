import { SearchInput } from '@patternfly/react-core/dist/dynamic/components/SearchInput';
import { useState } from 'react';
import { act } from '../../api/servers.ts';
import type { BiosSetting, ServerDetail } from '../../api/types.ts';
import { Field } from '../../parts/field.tsx';
import { type Say, useText } from '../../text/text.ts';
import { FormDialog } from './form-dialog.tsx';

/** More are found by their name. */
const SHOWN = 30;

/** Changes BIOS settings: only those that were given another value are sent. */
export function BiosDialog({
  server,
  settings,
  close,
}: {
  server: ServerDetail;
  settings: readonly BiosSetting[];
  close: () => void;
}) {
  const say = useText();
  const [wanted, setWanted] = useState('');
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const changes = Object.entries(values).filter(
    ([name, value]) => value !== '' && value !== settings.find((one) => one.name === name)?.value,
  );
  const shown = settings
    .filter(({ name, read_only }) => read_only !== true && name.toLowerCase().includes(wanted.toLowerCase()))
    .slice(0, SHOWN);
  return (
    <FormDialog
      title={say('settings.change')}
      lead={say('settings.change.lead')}
      variant="medium"
      go={say('settings.change.go')}
      disabled={changes.length === 0}
      run={() => act(server.uuid, 'bios-settings', { settings: Object.fromEntries(changes) })}
      close={close}
    >
      <SearchInput
        aria-label={say('settings.bios.filter')}
        placeholder={say('settings.bios.filter')}
        value={wanted}
        onChange={(_event, value) => setWanted(value)}
        onClear={() => setWanted('')}
      />
      <div className="k-fields">
        {shown.map((setting) => (
          <ValueField
            key={setting.name}
            setting={setting}
            value={values[setting.name] ?? ''}
            set={(value) => setValues((before) => ({ ...before, [setting.name]: value }))}
          />
        ))}
      </div>
      <p className="k-quiet" aria-live="polite">
        {say('settings.change.count', { count: changes.length })}
        {changes.length > 0 && `: ${changes.map(([name]) => name).join(', ')}`}
      </p>
    </FormDialog>
  );
}

const TRUTHS = ['true', 'false'];

function ValueField({
  setting,
  value,
  set,
}: {
  setting: BiosSetting;
  value: string;
  set: (value: string) => void;
}) {
  const say = useText();
  const { name, attribute_type, allowable_values } = setting;
  const known = attribute_type === 'Boolean' ? TRUTHS : allowable_values;
  const keep = say('settings.keep', { value: setting.value ?? '–' });
  const common = { id: `bios-${name}`, label: name, value, onChange: set };
  if (known !== null)
    return (
      <Field
        {...common}
        choices={[{ value: '', label: keep }, ...known.map((one) => ({ value: one, label: one }))]}
      />
    );
  return (
    <Field
      {...common}
      type={attribute_type === 'Integer' ? 'number' : 'text'}
      maxLength={1000}
      placeholder={keep}
      help={rangeText(setting, say)}
    />
  );
}

function rangeText({ lower_bound: from, upper_bound: to }: BiosSetting, say: Say): string | undefined {
  if (from !== null && to !== null) return say('settings.change.range', { from, to });
  if (from !== null) return say('settings.change.from', { from });
  return to === null ? undefined : say('settings.change.until', { to });
}
