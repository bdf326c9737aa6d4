import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Checkbox } from '@patternfly/react-core/dist/dynamic/components/Checkbox';
import { FormSelect, FormSelectOption } from '@patternfly/react-core/dist/dynamic/components/FormSelect';
import { Label, LabelGroup } from '@patternfly/react-core/dist/dynamic/components/Label';
import { TextInput } from '@patternfly/react-core/dist/dynamic/components/TextInput';
import { useState } from 'react';
import type { Server } from '../../api/types.ts';
import { SearchBox } from '../../parts/search-box.tsx';
import { type Say, useText } from '../../text/text.ts';
import { ColumnChoice } from './column-choice.tsx';
import type { ColumnName } from './columns.tsx';
import type { Filter, ListState } from './list-state.ts';
import { ToolMenu } from './tool-menu.tsx';

interface Props {
  state: ListState;
  selected: readonly Server[];
  unselect: () => void;
  columns: readonly ColumnName[];
  setColumns: (names: readonly ColumnName[] | null) => void;
}

/** Filters that take a word. */
const WORDS = ['availability_zone', 'resource_class', 'vendor', 'rack', 'owner'] as const;
const POWERS = { 'power on': 'on', 'power off': 'off', error: 'error' } as const;

/** Search, filters, the choice of columns, and what can be done with the servers that are selected. */
export function ListToolbar({ state, selected, unselect, columns, setColumns }: Props) {
  const say = useText();
  const [word, setWord] = useState<(typeof WORDS)[number]>('availability_zone');
  const [value, setValue] = useState('');
  return (
    <div className="k-toolbar">
      <div className="k-toolbar-row">
        <SearchBox
          label={say('list.search.label')}
          placeholder={say('list.search')}
          empty={say('list.search.clear')}
          search={state.search}
          setSearch={state.setSearch}
        />
        <FormSelect
          aria-label={say('list.power')}
          className="k-narrow"
          value={state.filters.get('power_state') ?? ''}
          onChange={(_event, power) => state.setFilter('power_state', power)}
        >
          <FormSelectOption value="" label={`${say('list.power')}: ${say('list.any')}`} />
          {Object.entries(POWERS).map(([power, name]) => (
            <FormSelectOption key={power} value={power} label={say(`power.${name}`)} />
          ))}
        </FormSelect>
        <form
          className="k-inline"
          onSubmit={(event) => {
            event.preventDefault();
            state.setFilter(word, value.trim());
            setValue('');
          }}
        >
          <FormSelect
            aria-label={say('list.filter.by')}
            className="k-narrow"
            value={word}
            onChange={(_event, name) => setWord(name as typeof word)}
          >
            {WORDS.map((name) => (
              <FormSelectOption key={name} value={name} label={say(`column.${name}`)} />
            ))}
          </FormSelect>
          <TextInput
            aria-label={say(`column.${word}`)}
            className="k-narrow"
            placeholder={say('list.filter.value')}
            value={value}
            onChange={(_event, text) => setValue(text)}
          />
        </form>
        <Checkbox
          id="attention"
          label={say('list.attention')}
          isChecked={state.filters.has('attention')}
          onChange={(_event, on) => state.setFilter('attention', on ? 'true' : null)}
        />
        <span className="k-space" />
        {selected.length > 0 && (
          <span className="k-inline">
            <span aria-live="polite">{say('list.selected', { count: selected.length })}</span>
            <Button variant="link" isInline onClick={unselect}>
              {say('list.unselect')}
            </Button>
            <ToolMenu servers={selected} />
          </span>
        )}
        <ColumnChoice columns={columns} setColumns={setColumns} />
      </div>
      <Chips state={state} say={say} />
    </div>
  );
}

function Chips({ state, say }: { state: ListState; say: Say }) {
  const chips = [...state.filters].filter(([name]) => name !== 'attention' && name !== 'power_state');
  if (chips.length === 0) return null;
  return (
    <LabelGroup aria-label={say('list.filters')}>
      {chips.map(([name, value]) => (
        <Label
          key={name}
          variant="outline"
          isCompact
          onClose={() => state.setFilter(name, null)}
          closeBtnAriaLabel={say('list.filters.remove', { name: say(`column.${name as Word}`) })}
        >
          {say(`column.${name as Word}`)}: <bdi>{value}</bdi>
        </Label>
      ))}
    </LabelGroup>
  );
}

type Word = Exclude<Filter, 'attention' | 'power_state'>;
