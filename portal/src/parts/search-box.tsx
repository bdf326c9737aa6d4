import { SearchInput } from '@patternfly/react-core/dist/dynamic/components/SearchInput';
import { useTypedSearch } from './typed-search.ts';

interface Props {
  label: string;
  placeholder: string;
  /** What the button is called that empties it. */
  empty: string;
  search: string;
  setSearch: (search: string) => void;
}

/** Searches once somebody stops typing. */
export function SearchBox({ label, placeholder, empty, search, setSearch }: Props) {
  const { value, type, clear } = useTypedSearch(search, setSearch);
  return (
    <SearchInput
      className="k-search"
      aria-label={label}
      placeholder={placeholder}
      resetButtonLabel={empty}
      value={value}
      maxLength={255}
      onChange={(_event, text) => type(text)}
      onClear={clear}
    />
  );
}
