import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { EmptyState, EmptyStateBody } from '@patternfly/react-core/dist/dynamic/components/EmptyState';
import CheckCircleIcon from '@patternfly/react-icons/dist/esm/icons/check-circle-icon';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { failedRegistrations, serverDetail, serverList, timeline } from '../../api/servers.ts';
import type { Registration, Server } from '../../api/types.ts';
import { useSession } from '../../app/session.tsx';
import { Age } from '../../parts/age.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Power } from '../../parts/power.tsx';
import { StageLabel } from '../../parts/stage-label.tsx';
import { attentionTexts, nextText } from '../../text/tell.ts';
import { useText } from '../../text/text.ts';
import { nameOf } from '../servers/name-of.ts';

const PAGE = 25;

/** Only what needs a person: why, and what to do. Empty when all is well. */
export function AttentionPage() {
  const say = useText();
  const { session } = useSession();
  const [limit, setLimit] = useState(PAGE);
  const servers = useQuery(
    serverList({ attention: 'true', limit: String(limit), sort_key: 'stage_changed_at', sort_dir: 'desc' }),
  );
  const registrations = useQuery({ ...failedRegistrations(), enabled: session.system });
  if (servers.error !== null) return <Failure error={servers.error} again={() => void servers.refetch()} />;
  if (servers.data === undefined || registrations.isLoading) return <Loading />;
  const failed = latest(registrations.data?.registrations ?? []);
  const well = servers.data.total === 0 && failed.length === 0;
  return (
    <>
      <h1 className="k-title">{say('attention.title')}</h1>
      <p className="k-quiet k-gap-after">{say('attention.lead')}</p>
      {well && (
        <EmptyState
          titleText={say('attention.empty.title')}
          headingLevel="h2"
          icon={CheckCircleIcon}
          status="success"
        >
          <EmptyStateBody>{say('attention.empty.body')}</EmptyStateBody>
        </EmptyState>
      )}
      {servers.data.total > 0 && (
        <>
          <h2 className="k-subtitle">
            {say('attention.servers')} <span className="k-count">{servers.data.total.toLocaleString()}</span>
          </h2>
          <ul className="k-troubles">
            {servers.data.servers.map((server) => (
              <Trouble key={server.uuid} server={server} />
            ))}
          </ul>
          {servers.data.next !== undefined && (
            <Button variant="link" onClick={() => setLimit(limit + PAGE)}>
              {say('timeline.more')}
            </Button>
          )}
        </>
      )}
      {failed.length > 0 && (
        <>
          <h2 className="k-subtitle k-gap">
            {say('attention.registrations')} <span className="k-count">{failed.length}</span>
          </h2>
          <ul className="k-troubles">
            {failed.map((one) => (
              <FailedRegistration key={one.uuid} registration={one} />
            ))}
          </ul>
        </>
      )}
    </>
  );
}

/** Of each server its latest attempt; those whose server is known stand among the servers. */
function latest(registrations: readonly Registration[]): Registration[] {
  const seen = new Set<string>();
  return registrations.filter(({ system_uuid, node_uuid }) => {
    if (node_uuid !== null || seen.has(system_uuid)) return false;
    seen.add(system_uuid);
    return true;
  });
}

function Trouble({ server }: { server: Server }) {
  const say = useText();
  const detail = useQuery(serverDetail(server.uuid)).data;
  const reasons = detail === undefined ? [] : attentionTexts(detail, say);
  const newest = useQuery(timeline(server.uuid, 1)).data?.attempts[0];
  const next = newest === undefined ? null : nextText(newest, say);
  return (
    <li className="k-trouble" data-server={server.uuid}>
      <div className="k-trouble-head">
        <Link to={`/servers/${server.uuid}`} className="k-cell-link">
          <bdi>{nameOf(server)}</bdi>
        </Link>
        <StageLabel stage={server.stage} />
        <Power state={server.power_state} />
        {server.rack !== null && (
          <span className="k-quiet">
            <bdi>{server.rack}</bdi>
            {server.rack_unit === null ? '' : ` U${server.rack_unit}`}
          </span>
        )}
        <span className="k-space" />
        <span className="k-quiet">{say('attention.since')}</span>
        <Age since={server.stage_changed_at} />
      </div>
      {reasons.map((reason) => (
        <p key={reason}>{reason}</p>
      ))}
      {newest !== undefined && newest.cause !== null && <p className="k-cause">{newest.cause}</p>}
      {next !== null && (
        <p className="k-next">
          <strong>{say('attention.next')}:</strong> {next}
        </p>
      )}
      <p>
        <Link to={`/servers/${server.uuid}/timeline`}>{say('attention.timeline')}</Link>
      </p>
    </li>
  );
}

function FailedRegistration({ registration }: { registration: Registration }) {
  const say = useText();
  const { serial_number, system_uuid, manufacturer, product_name, step, cause, address, log_tail } =
    registration;
  return (
    <li className="k-trouble">
      <div className="k-trouble-head">
        <bdi className="k-mono">{serial_number ?? system_uuid}</bdi>
        <bdi className="k-quiet">{[manufacturer, product_name].filter((one) => one !== null).join(' ')}</bdi>
        <span className="k-space" />
        <Age since={registration.finished_at} />
      </div>
      <p>
        {say('attention.step')}: <code>{step}</code>
      </p>
      {cause !== null && <p className="k-cause">{cause}</p>}
      {address !== null && (
        <p>
          {say('attention.address')}: <code>ssh root@{address}</code>
        </p>
      )}
      {log_tail !== null && (
        <details>
          <summary>{say('attention.log')}</summary>
          <pre className="k-log-tail">{log_tail}</pre>
        </details>
      )}
    </li>
  );
}
