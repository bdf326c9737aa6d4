import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { useText } from '../text/text.ts';
import { Field } from './field.tsx';
import { fieldOf } from './refusal.tsx';

export interface FilterField {
  /** The API's query parameter, and that of the page's address. */
  name: string;
  label: string;
  choices?: readonly { value: string; label: string }[];
  /** Typed by the clock of whoever looks; the API is asked in ISO 8601. */
  time?: boolean;
}

/** What a list is narrowed by: it stands in the page's address, so that it can be sent, and gone back to. */
export function useFilters(fields: readonly FilterField[]): Readonly<Record<string, string>> {
  const [params] = useSearchParams();
  const text = params.toString();
  return useMemo(() => {
    const given = new URLSearchParams(text);
    return Object.fromEntries(
      fields.flatMap(({ name, time }) => {
        const value = given.get(name) ?? '';
        if (value === '') return [];
        if (time !== true) return [[name, value]];
        const at = new Date(value);
        return Number.isNaN(at.getTime()) ? [] : [[name, at.toISOString()]];
      }),
    );
  }, [fields, text]);
}

/** The fields of a filter. `error`: of the list; what it says of a field stands at the field. */
export function FilterForm({
  label,
  fields,
  error,
}: {
  label: string;
  fields: readonly FilterField[];
  error: Error | null;
}) {
  const say = useText();
  const [params, setParams] = useSearchParams();
  const text = params.toString();
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const sent = useRef<string | null>(null);
  useEffect(() => {
    // Of an address that this form made it knows the values, and more may have been typed meanwhile.
    if (text !== sent.current) setValues(Object.fromEntries(new URLSearchParams(text)));
    sent.current = null;
  }, [text]);
  const refused = fieldOf(
    error,
    fields.map(({ name }) => name),
  );
  const show = (given: Readonly<Record<string, string>>): void => {
    const kept = fields.flatMap(({ name }) => {
      const value = (given[name] ?? '').trim();
      return value === '' ? [] : [[name, value]];
    });
    const next = new URLSearchParams(kept);
    if (next.toString() === text) return;
    sent.current = next.toString();
    setValues(Object.fromEntries(next));
    setParams(next);
  };
  return (
    <form
      className="k-filter"
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault();
        show(values);
      }}
    >
      {fields.map(({ name, label: text_of, choices, time }) => (
        <Field
          key={name}
          id={`filter-${name}`}
          label={text_of}
          value={values[name] ?? ''}
          onChange={(value) => {
            const next = { ...values, [name]: value };
            setValues(next);
            // A choice is made at once; what is typed, when it is sent.
            if (choices !== undefined) show(next);
          }}
          refused={refused === name ? (error?.message ?? null) : null}
          maxLength={255}
          {...(time === true ? { type: 'datetime-local' as const } : {})}
          {...(choices === undefined
            ? {}
            : { choices: [{ value: '', label: say('filter.any') }, ...choices] })}
        />
      ))}
      <span className="k-filter-go">
        <Button type="submit" variant="secondary">
          {say('filter.show')}
        </Button>
        <Button variant="link" isDisabled={text === ''} onClick={() => show({})}>
          {say('filter.clear')}
        </Button>
      </span>
    </form>
  );
}
