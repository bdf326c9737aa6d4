import { FormGroup } from '@patternfly/react-core/dist/dynamic/components/Form';
import { Switch } from '@patternfly/react-core/dist/dynamic/components/Switch';
import { useState } from 'react';
import { Field } from '../../parts/field.tsx';
import { FieldHelp } from '../../parts/refusal.tsx';
import { useText } from '../../text/text.ts';
import type { InputProps } from './widget-input.tsx';

/** A switch; where nobody has said yet, yes, no or neither. */
export function FlagInput({ id, label, draft, onChange, refused, help, required }: InputProps) {
  const say = useText();
  const [unsaid] = useState(draft === '');
  if (unsaid)
    return (
      <Field
        {...{ id, label, onChange, refused, help, required }}
        value={typeof draft === 'string' ? draft : ''}
        choices={[
          { value: '', label: '–' },
          { value: 'true', label: say('table.yes') },
          { value: 'false', label: say('table.no') },
        ]}
      />
    );
  const on = draft === 'true';
  return (
    <FormGroup label={label} fieldId={id}>
      <Switch
        id={id}
        label={say(on ? 'table.yes' : 'table.no')}
        aria-label={label}
        isChecked={on}
        onChange={(_event, checked) => onChange(String(checked))}
      />
      <FieldHelp id={`${id}-help`} refused={refused} help={help} />
    </FormGroup>
  );
}
