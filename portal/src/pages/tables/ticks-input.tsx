import { Checkbox } from '@patternfly/react-core/dist/dynamic/components/Checkbox';
import { Field } from '../../parts/field.tsx';
import { FieldHelp } from '../../parts/refusal.tsx';
import { useText } from '../../text/text.ts';
import type { InputProps } from './widget-input.tsx';
import type { Widget } from './widgets.ts';

/** Known texts to be ticked, and others that somebody knows, one a line. */
export function TicksInput({
  id,
  label,
  widget,
  draft,
  onChange,
  refused,
  help,
}: InputProps<Extract<Widget, { kind: 'ticks' }>>) {
  const say = useText();
  const lines = typeof draft === 'string' && draft !== '' ? draft.split('\n') : [];
  const others = lines.filter((one) => !widget.known.includes(one));
  const set = (ticked: readonly string[], rest: readonly string[]): void =>
    onChange([...widget.known.filter((one) => ticked.includes(one)), ...rest].join('\n'));
  return (
    <fieldset className="k-field-wide k-part" aria-describedby={`${id}-help`}>
      <legend>{label}</legend>
      <div className="k-ticks">
        {widget.known.map((one) => (
          <Checkbox
            key={one}
            id={`${id}-${one}`}
            label={one}
            isChecked={lines.includes(one)}
            onChange={(_event, on) =>
              set(on ? [...lines, one] : lines.filter((ticked) => ticked !== one), others)
            }
          />
        ))}
      </div>
      <Field
        id={id}
        label={say('table.others')}
        value={others.join('\n')}
        onChange={(text) => set(lines, text === '' ? [] : text.split('\n'))}
        lines={2}
        mono
      />
      <FieldHelp id={`${id}-help`} refused={refused} help={help} />
    </fieldset>
  );
}
