import type { ReactNode } from 'react';
import { Field } from '../../parts/field.tsx';
import { type Say, useText } from '../../text/text.ts';
import { FlagInput } from './flag-input.tsx';
import { fieldHelp, fieldLabel, valueLabel } from './labels.ts';
import type { Draft, Drafts } from './record-values.ts';
import { ReferenceInput, ServerInput } from './reference-input.tsx';
import { PartsInput, RowsInput } from './rows-input.tsx';
import { TicksInput } from './ticks-input.tsx';
import { isProse, type NamedWidget, type Widget } from './widgets.ts';

export interface InputProps<W extends Widget = Widget> {
  id: string;
  field: NamedWidget;
  widget: W;
  draft: Draft;
  onChange: (draft: Draft) => void;
  /** Why it was refused. */
  refused: string | null;
  /** Has to be given, as it is a new one. */
  required: boolean;
  label: string;
  say: Say;
  help: string | undefined;
  suggestions?: readonly { value: string; label?: string }[];
  /** Of fields within this one. */
  advice?: (row: Drafts, field: string) => { suggestions?: readonly { value: string }[]; help?: string };
}

type Inputs = {
  readonly [K in Widget['kind']]: (props: InputProps<Extract<Widget, { kind: K }>>) => ReactNode;
};

/** Name, value and refusal, as every field of texts has them. */
const common = ({ id, label, draft, onChange, refused, required, help, suggestions }: InputProps) => ({
  ...{ id, label, onChange, refused, required, help },
  ...(suggestions === undefined ? {} : { suggestions }),
  value: typeof draft === 'string' ? draft : '',
});

const INPUTS: Inputs = {
  text: (props) => (
    <Field
      {...common(props)}
      {...(props.widget.max_length === null ? {} : { maxLength: props.widget.max_length })}
    />
  ),
  long: (props) => <Field {...common(props)} lines={linesOf(props)} wide mono={!isProse(props.field.name)} />,
  secret: (props) => <Field {...common(props)} type="password" />,
  scalar: (props) => <Field {...common(props)} />,
  number: ({ widget: { min, max }, ...props }) => (
    <Field
      {...common({ ...props, widget: { kind: 'number', min, max } })}
      type="number"
      {...(min === null ? {} : { min })}
      {...(max === null ? {} : { max })}
    />
  ),
  flag: (props) => <FlagInput {...props} />,
  choice: (props) => (
    <Field
      {...common(props)}
      choices={['', ...props.widget.values].map((value) => ({
        value,
        label: props.widget.labels?.get(value) ?? valueLabel(value, props.say),
      }))}
    />
  ),
  time: (props) => <Field {...common(props)} type={props.widget.day ? 'date' : 'datetime-local'} />,
  reference: (props) =>
    props.widget.to === 'servers' ? (
      <ServerInput {...common(props)} />
    ) : (
      <ReferenceInput {...common(props)} to={props.widget.to} />
    ),
  words: (props) => <Field {...common(props)} lines={2} wide mono />,
  ticks: (props) => <TicksInput {...props} />,
  parts: (props) => <PartsInput {...props} />,
  rows: (props) => <RowsInput {...props} />,
  json: (props) => <Field {...common(props)} lines={2} wide mono />,
};

/** Files, of which there is more than a line. */
const SCRIPTS: readonly string[] = ['template', 'install_script'];
const MOST_LINES = 12;
const WIDTH = 80;

function linesOf({ field, draft }: InputProps): number {
  const text = typeof draft === 'string' ? draft : '';
  const needed = text.split('\n').reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / WIDTH)), 0);
  return Math.min(MOST_LINES, Math.max(needed, SCRIPTS.includes(field.name) ? 4 : 1));
}

type Props = Omit<InputProps, 'widget' | 'label' | 'help' | 'say'> & { help?: string | undefined };

/** The input of a field, of the kind that its schema asks for. */
export function WidgetInput({ help, ...props }: Props) {
  const say = useText();
  const { field } = props;
  const { widget } = field;
  const Input = INPUTS[widget.kind] as (given: InputProps) => ReactNode;
  return Input({
    ...props,
    widget,
    say,
    label: fieldLabel(field.name, say),
    help: help ?? fieldHelp(field, say),
  });
}
