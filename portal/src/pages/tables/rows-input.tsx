import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import ArrowDownIcon from '@patternfly/react-icons/dist/esm/icons/arrow-down-icon';
import ArrowUpIcon from '@patternfly/react-icons/dist/esm/icons/arrow-up-icon';
import PlusCircleIcon from '@patternfly/react-icons/dist/esm/icons/plus-circle-icon';
import TrashIcon from '@patternfly/react-icons/dist/esm/icons/trash-icon';
import { FieldHelp } from '../../parts/refusal.tsx';
import { useText } from '../../text/text.ts';
import { type Drafts, draftsOf } from './record-values.ts';
import { type InputProps, WidgetInput } from './widget-input.tsx';
import type { NamedWidget, Widget } from './widgets.ts';

/** Objects one after the other: ranges, conditions, steps. */
export function RowsInput(props: InputProps<Extract<Widget, { kind: 'rows' }>>) {
  const { id, label, widget, draft, onChange, refused, help, advice } = props;
  const say = useText();
  const rows = Array.isArray(draft) ? (draft as readonly Drafts[]) : [];
  const put = (index: number, row: Drafts): void => onChange(rows.with(index, row));
  const move = (from: number, to: number): void => {
    const [one, other] = [rows[from], rows[to]];
    if (one !== undefined && other !== undefined) onChange(rows.with(from, other).with(to, one));
  };
  return (
    <fieldset className="k-field-wide k-part" aria-describedby={`${id}-help`}>
      <legend>{label}</legend>
      {rows.map((row, index) => {
        const place = say('table.row', { label, number: index + 1 });
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row is nothing but its place and what is typed in it
          // biome-ignore lint/a11y/useSemanticElements: a fieldset in a fieldset is read twice
          <div key={index} className="k-part-row" role="group" aria-label={place}>
            <span className="k-part-number">{index + 1}</span>
            <PartFields
              id={`${id}-${index}`}
              fields={widget.fields}
              drafts={row}
              advice={advice}
              onChange={(changed) => put(index, changed)}
            />
            <span className="k-part-actions">
              <RowButton
                label={say('table.row.up', { place })}
                icon={<ArrowUpIcon />}
                off={index === 0}
                onClick={() => move(index, index - 1)}
              />
              <RowButton
                label={say('table.row.down', { place })}
                icon={<ArrowDownIcon />}
                off={index === rows.length - 1}
                onClick={() => move(index, index + 1)}
              />
              <RowButton
                label={say('table.row.remove', { place })}
                icon={<TrashIcon />}
                onClick={() => onChange(rows.toSpliced(index, 1))}
              />
            </span>
          </div>
        );
      })}
      <div>
        <Button
          id={id}
          variant="link"
          isInline
          icon={<PlusCircleIcon />}
          onClick={() => onChange([...rows, draftsOf(widget.fields, {})])}
        >
          {say('table.row.add', { label })}
        </Button>
      </div>
      <FieldHelp id={`${id}-help`} refused={refused} help={help} />
    </fieldset>
  );
}

/** The fields of an object. */
export function PartsInput(props: InputProps<Extract<Widget, { kind: 'parts' }>>) {
  const { id, label, widget, draft, onChange, refused, help } = props;
  return (
    <fieldset className="k-field-wide k-part" aria-describedby={`${id}-help`}>
      <legend>{label}</legend>
      <PartFields
        {...{ id, onChange }}
        // Nothing has to be there when nothing is.
        fields={widget.fields.map((field) => ({ ...field, required: false }))}
        drafts={draft as Drafts}
      />
      <FieldHelp id={`${id}-help`} refused={refused} help={help} />
    </fieldset>
  );
}

function PartFields({
  id,
  fields,
  drafts,
  advice,
  onChange,
}: {
  id: string;
  fields: readonly NamedWidget[];
  drafts: Drafts;
  advice?: InputProps['advice'];
  onChange: (drafts: Drafts) => void;
}) {
  return (
    <div className="k-part-fields">
      {fields.map((field) => (
        <WidgetInput
          key={field.name}
          id={`${id}-${field.name}`}
          field={field}
          draft={drafts[field.name] ?? ''}
          onChange={(draft) => onChange({ ...drafts, [field.name]: draft })}
          refused={null}
          required={field.required && field.widget.kind !== 'json'}
          {...advice?.(drafts, field.name)}
        />
      ))}
    </div>
  );
}

function RowButton({
  label,
  icon,
  off = false,
  onClick,
}: {
  label: string;
  icon: React.ReactNode;
  off?: boolean;
  onClick: () => void;
}) {
  return (
    <Button variant="plain" size="sm" aria-label={label} icon={icon} isDisabled={off} onClick={onClick} />
  );
}
