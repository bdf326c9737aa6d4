import { FormGroup } from '@patternfly/react-core/dist/dynamic/components/Form';
import { FormSelect, FormSelectOption } from '@patternfly/react-core/dist/dynamic/components/FormSelect';
import { TextArea } from '@patternfly/react-core/dist/dynamic/components/TextArea';
import { TextInput } from '@patternfly/react-core/dist/dynamic/components/TextInput';
import { FieldHelp } from './refusal.tsx';

interface Props {
  id: string;
  label: string;
  value: string;
  onChange: (value: string) => void;
  help?: string | undefined;
  /** Why the service refused the value. */
  refused?: string | null | undefined;
  required?: boolean;
  type?: 'text' | 'number' | 'url' | 'password' | 'datetime-local' | 'date';
  min?: number;
  max?: number;
  maxLength?: number;
  /** More than one line of text. */
  lines?: number;
  /** One of these, in the place of free text. */
  choices?: readonly { value: string; label: string }[];
  /** What may be typed, among other things: a text, and perhaps what it is called. */
  suggestions?: readonly { value: string; label?: string }[];
  onBlur?: () => void;
  mono?: boolean;
  wide?: boolean;
  placeholder?: string;
}

/** A value of a form with its name, what is to be known of it, and why it was refused. */
export function Field(props: Props) {
  const { id, label, value, onChange, help, refused = null, required = false, lines, choices } = props;
  const { type = 'text', min, max, maxLength, mono = false, wide = false, placeholder } = props;
  const { suggestions, onBlur } = props;
  const described = refused !== null || help !== undefined ? `${id}-help` : undefined;
  const common = {
    id,
    value,
    isRequired: required,
    validated: refused === null ? ('default' as const) : ('error' as const),
    onChange: (_event: unknown, text: string) => onChange(text),
    ...(described === undefined ? {} : { 'aria-describedby': described }),
    ...(mono ? { className: 'k-mono' } : {}),
  };
  return (
    <FormGroup label={label} fieldId={id} isRequired={required} className={wide ? 'k-field-wide' : ''}>
      {choices !== undefined ? (
        <FormSelect {...common}>
          {choices.map((choice) => (
            <FormSelectOption key={choice.value} value={choice.value} label={choice.label} />
          ))}
        </FormSelect>
      ) : lines !== undefined ? (
        <TextArea
          {...common}
          rows={lines}
          resizeOrientation="vertical"
          {...(placeholder === undefined ? {} : { placeholder })}
        />
      ) : (
        <>
          <TextInput
            {...common}
            type={type}
            autoComplete="off"
            {...given({ min, max, maxLength, placeholder, onBlur })}
            {...(suggestions === undefined ? {} : { list: `${id}-list` })}
          />
          {suggestions !== undefined && (
            <datalist id={`${id}-list`}>
              {suggestions.map((one) => (
                <option key={one.value} value={one.value} label={one.label} />
              ))}
            </datalist>
          )}
        </>
      )}
      <FieldHelp id={`${id}-help`} refused={refused} help={help} />
    </FormGroup>
  );
}

/** Without those that are not given. */
function given<T extends object>(props: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(props).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
