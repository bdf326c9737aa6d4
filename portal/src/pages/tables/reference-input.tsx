import { useQuery } from '@tanstack/react-query';
import { useDeferredValue } from 'react';
import { Field } from '../../parts/field.tsx';
import { namesOf, serversLike } from './targets.ts';
import type { Target } from './widgets.ts';

interface Props {
  id: string;
  label: string;
  value: string;
  onChange: (value: string) => void;
  refused: string | null;
  required: boolean;
  help: string | undefined;
}

/** Something that is chosen by its name. */
export function ReferenceInput({ to, ...props }: Props & { to: Exclude<Target, 'servers'> }) {
  const { data: names } = useQuery(namesOf(to));
  const known = [...(names ?? [])].map(([value, label]) => ({ value, label }));
  known.sort((one, other) => one.label.localeCompare(other.label));
  // One that is gone, or that may not be seen, stays until another is chosen.
  const kept = props.value === '' || names?.has(props.value) === true ? [] : [props.value];
  const choices = [{ value: '', label: '–' }, ...kept.map((value) => ({ value, label: value })), ...known];
  return <Field {...props} choices={choices} />;
}

/** A server, by its uuid, or found by its name, serial number or address. */
export function ServerInput({ help, ...props }: Props) {
  const { value, onChange } = props;
  const search = useDeferredValue(value.trim());
  const { data: found } = useQuery(serversLike(search));
  const suggestions = [...(found ?? [])].map(([uuid, label]) => ({ value: uuid, label }));
  return (
    <Field
      {...props}
      suggestions={suggestions}
      help={found?.get(value) ?? help}
      onBlur={() => {
        const [only] = suggestions;
        if (search === value.trim() && suggestions.length === 1 && only !== undefined) onChange(only.value);
      }}
    />
  );
}
