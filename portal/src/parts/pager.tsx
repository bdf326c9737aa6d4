import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { FormSelect, FormSelectOption } from '@patternfly/react-core/dist/dynamic/components/FormSelect';
import AngleDoubleLeftIcon from '@patternfly/react-icons/dist/esm/icons/angle-double-left-icon';
import AngleLeftIcon from '@patternfly/react-icons/dist/esm/icons/angle-left-icon';
import AngleRightIcon from '@patternfly/react-icons/dist/esm/icons/angle-right-icon';
import { useText } from '../text/text.ts';
import { type ListAddress, PAGE_SIZES } from './list-address.ts';

interface Props {
  state: Omit<ListAddress<never>, 'filters' | 'setFilter'>;
  shown: number;
  /** null: the service does not say. */
  total: number | null;
  /** Marker of the next page; null: there is none. */
  next: string | null;
}

/** From page to page. The service finds the next page by the last row of this one, however many there are. */
export function Pager({ state, shown, total, next }: Props) {
  const say = useText();
  const { before, limit } = state;
  const inside = before > 0 || state.after !== null;
  return (
    <nav className="k-pager" aria-label={say('list.pages')}>
      <span>
        {say(total === null ? 'rows.range.open' : 'rows.range', {
          first: (before + 1).toLocaleString(),
          last: (before + shown).toLocaleString(),
          total: (total ?? 0).toLocaleString(),
        })}
      </span>
      <span className="k-inline">
        {say('list.per_page')}
        <FormSelect
          aria-label={say('list.per_page')}
          value={limit}
          onChange={(_event, size) => state.setLimit(Number(size))}
        >
          {PAGE_SIZES.map((size) => (
            <FormSelectOption key={size} value={size} label={String(size)} />
          ))}
        </FormSelect>
      </span>
      <Button
        variant="plain"
        isDisabled={!inside}
        aria-label={say('list.page.first')}
        icon={<AngleDoubleLeftIcon />}
        onClick={state.first}
      />
      <Button
        variant="plain"
        isDisabled={!inside}
        aria-label={say('list.page.previous')}
        icon={<AngleLeftIcon />}
        onClick={state.previous}
      />
      <Button
        variant="plain"
        isDisabled={next === null}
        aria-label={say('list.page.next')}
        icon={<AngleRightIcon />}
        onClick={() => next !== null && state.next(next)}
      />
    </nav>
  );
}
