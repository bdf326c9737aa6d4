import { Link } from 'react-router';

/** The way to a server of which only the uuid is known; null: a dash. */
export function ServerLink({ uuid, name }: { uuid: string | null; name?: string | null }) {
  if (uuid === null) return <span className="k-quiet">–</span>;
  const named = name !== undefined && name !== null && name !== '';
  return (
    <Link to={`/servers/${uuid}`} className={named ? 'k-cell-link' : 'k-mono'} title={uuid}>
      <bdi>{named ? name : uuid.slice(0, 8)}</bdi>
    </Link>
  );
}
