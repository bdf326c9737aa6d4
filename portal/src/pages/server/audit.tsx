import { useQuery } from '@tanstack/react-query';
import { audit } from '../../api/servers.ts';
import type { ServerDetail } from '../../api/types.ts';
import { Failure } from '../../parts/failure.tsx';
import { Loading } from '../../parts/loading.tsx';
import { SimpleTable } from '../../parts/simple-table.tsx';
import { Time } from '../../parts/time.tsx';
import { useText } from '../../text/text.ts';

/** Who did what to the server. */
export function Audit({ server }: { server: ServerDetail }) {
  const say = useText();
  const { data, error, refetch } = useQuery(audit(server.uuid));
  if (error !== null) return <Failure error={error} again={() => void refetch()} />;
  if (data === undefined) return <Loading />;
  if (data.audit.length === 0) return <p className="k-quiet">{say('audit.empty')}</p>;
  return (
    <SimpleTable
      label={say('server.tab.audit')}
      head={[
        '#',
        ...(['when', 'action', 'user', 'project', 'detail'] as const).map((one) => say(`audit.${one}`)),
      ]}
      rows={data.audit.map(({ id, created_at, action, user, project, detail }) => ({
        key: String(id),
        cells: [
          id,
          <Time key="at" time={created_at} />,
          <span key="action" className="k-mono">
            {action}
          </span>,
          <bdi key="user">{user}</bdi>,
          <bdi key="project">{project}</bdi>,
          <span key="detail" className="k-wrap">
            {detailText(detail)}
          </span>,
        ],
      }))}
    />
  );
}

/** `target: service, from: active`; what is null says nothing. */
function detailText(detail: Readonly<Record<string, unknown>>): string {
  return Object.entries(detail)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}
