import { useEffect, useState } from 'react';

/** After the last key. */
const TYPING_MS = 120;

/**
 * The text of a search field, which asks once somebody stops typing. What is typed while the answer to less is on its way stays.
 * @param search what is searched for now, by whoever said so
 */
export function useTypedSearch(search: string, setSearch: (search: string) => void) {
  /** null: nothing but what is searched for. */
  const [typed, setTyped] = useState<string | null>(null);
  const [asked, setAsked] = useState<string | null>(null);
  useEffect(() => {
    if (typed === null || typed === asked) return;
    const timer = setTimeout(() => {
      setAsked(typed);
      setSearch(typed);
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, asked, setSearch]);
  const forget = (): void => {
    setTyped(null);
    setAsked(null);
  };
  if (typed !== null && typed === asked && typed === search) forget();
  return {
    value: typed ?? search,
    type: setTyped,
    clear: (): void => {
      forget();
      setSearch('');
    },
  };
}
