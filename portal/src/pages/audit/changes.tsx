import { useText } from '../../text/text.ts';

type Detail = Readonly<Record<string, unknown>>;

/** What is shown in other columns, or said by `changes`. */
const SAID = ['changes', 'fields'];

/** What an entry says beside who and when: fields before and after, names of others, and the rest as it is. */
export function Changes({ detail }: { detail: object }) {
  const say = useText();
  const { changes, fields } = detail as Detail;
  const pairs = Object.entries((changes ?? {}) as Record<string, [unknown, unknown]>);
  const named = pairs.map(([field]) => field);
  const silent = ((fields ?? []) as string[]).filter((field) => !named.includes(field));
  const rest = Object.entries(detail as Detail).filter(([name]) => !SAID.includes(name));
  return (
    <ul className="k-changes">
      {pairs.map(([field, [was, is]]) => (
        <li key={field}>
          <span className="k-quiet">{field}:</span>{' '}
          {was !== null && (
            <>
              <bdi className="k-was">{textOf(was)}</bdi>
              <span role="img" aria-label={say('audit.became')}>
                {' → '}
              </span>
            </>
          )}
          <bdi>{textOf(is)}</bdi>
        </li>
      ))}
      {silent.length > 0 && (
        <li>
          <span className="k-quiet">{say('audit.silent')}</span> {silent.join(', ')}
        </li>
      )}
      {rest.map(([name, value]) => (
        <li key={`.${name}`}>
          <span className="k-quiet">{name}:</span> <bdi>{textOf(value)}</bdi>
        </li>
      ))}
    </ul>
  );
}

/** A value in one line. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined || value === '') return '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
