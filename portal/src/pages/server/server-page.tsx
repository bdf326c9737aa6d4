import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { EmptyState, EmptyStateBody } from '@patternfly/react-core/dist/dynamic/components/EmptyState';
import { useQuery } from '@tanstack/react-query';
import { type ComponentType, lazy, Suspense } from 'react';
import { Link, useParams } from 'react-router';
import { ApiError } from '../../api/http.ts';
import { goneServer, serverDetail } from '../../api/servers.ts';
import type { ServerDetail } from '../../api/types.ts';
import { MissingPage } from '../../app/missing-page.tsx';
import { useSession } from '../../app/session.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Power } from '../../parts/power.tsx';
import { ServerState } from '../../parts/server-state.tsx';
import { StageLabel } from '../../parts/stage-label.tsx';
import { attentionTexts } from '../../text/tell.ts';
import { type TextKey, useLanguage, useText } from '../../text/text.ts';
import { nameOf } from '../servers/name-of.ts';
import { ToolMenu } from '../servers/tool-menu.tsx';
import { Overview } from './overview.tsx';

interface TabFacts {
  path: string;
  title: TextKey;
  /** Only for whoever runs the service, or also for the project that owns the server. */
  only?: 'provider' | 'owner';
  page: ComponentType<{ server: ServerDetail }>;
}

/** The parts of a server's page. Each but the first is loaded when it is first seen. */
const TABS: readonly TabFacts[] = [
  { path: 'overview', title: 'server.tab.overview', page: Overview },
  {
    path: 'timeline',
    title: 'server.tab.timeline',
    only: 'owner',
    page: lazy(async () => ({ default: (await import('./timeline.tsx')).Timeline })),
  },
  {
    path: 'hardware',
    title: 'server.tab.hardware',
    page: lazy(async () => ({ default: (await import('./hardware.tsx')).HardwareTab })),
  },
  {
    path: 'sensors',
    title: 'server.tab.sensors',
    page: lazy(async () => ({ default: (await import('./sensors.tsx')).Sensors })),
  },
  {
    path: 'settings',
    title: 'server.tab.settings',
    page: lazy(async () => ({ default: (await import('./settings.tsx')).Settings })),
  },
  {
    path: 'console',
    title: 'console.serial',
    page: lazy(async () => ({ default: (await import('../console/serial-console.tsx')).SerialConsole })),
  },
  {
    path: 'screen',
    title: 'console.graphical',
    page: lazy(async () => ({ default: (await import('../console/screen-console.tsx')).ScreenConsole })),
  },
  {
    path: 'access',
    title: 'access.tab',
    page: lazy(async () => ({ default: (await import('./access.tsx')).Access })),
  },
  {
    path: 'upkeep',
    title: 'server.tab.upkeep',
    page: lazy(async () => ({ default: (await import('./upkeep.tsx')).Upkeep })),
  },
  {
    path: 'history',
    title: 'server.tab.history',
    only: 'owner',
    page: lazy(async () => ({ default: (await import('./history.tsx')).History })),
  },
  {
    path: 'audit',
    title: 'server.tab.audit',
    only: 'provider',
    page: lazy(async () => ({ default: (await import('./audit.tsx')).Audit })),
  },
];

/** Everything of one server. It says so when the server is deleted while somebody looks at it. */
export function ServerPage() {
  const { uuid = '' } = useParams();
  const say = useText();
  const gone = useQuery(goneServer(uuid)).data;
  if (gone)
    return (
      <EmptyState titleText={say('server.gone.title')} headingLevel="h1">
        <EmptyStateBody>
          <p>{say('server.gone.body')}</p>
          <p className="k-mono k-gap">{uuid}</p>
          <Link to="/">{say('missing.back')}</Link>
        </EmptyStateBody>
      </EmptyState>
    );
  return <PresentServer key={uuid} uuid={uuid} />;
}

function PresentServer({ uuid }: { uuid: string }) {
  const say = useText();
  const { session } = useSession();
  const { tab: wanted = 'overview' } = useParams();
  const { data: server, error, refetch } = useQuery(serverDetail(uuid));
  if (server === undefined && error === null) return <Loading />;
  if (error instanceof ApiError && error.status === 404)
    return (
      <EmptyState titleText={say('missing.title')} headingLevel="h1">
        <EmptyStateBody>
          <p>{say('server.missing', { uuid })}</p>
          <Link to="/">{say('missing.back')}</Link>
        </EmptyStateBody>
      </EmptyState>
    );
  if (server === undefined) return <Failure error={error ?? new Error()} again={() => void refetch()} />;
  const provider = server.side === 'provider';
  const owner = provider || (server.owner !== null && server.owner === session.project?.id);
  const tabs = TABS.filter(({ only }) => only === undefined || (only === 'owner' ? owner : provider));
  const tab = tabs.find(({ path }) => path === wanted);
  if (tab === undefined) return <MissingPage />;
  return (
    <>
      <Link to={`/stages/${server.stage}`} className="k-back">
        {say('server.back', { stage: say(`stage.${server.stage}`) })}
      </Link>
      <div className="k-server-head">
        <h1 className="k-title">
          <bdi>{nameOf(server)}</bdi>
        </h1>
        <StageLabel stage={server.stage} />
        <Power state={server.power_state} />
        <ServerState server={server} />
        <span className="k-space" />
        <ToolMenu servers={[server]} />
      </div>
      {error !== null && <Failure error={error} again={() => void refetch()} />}
      <Notices server={server} />
      <nav className="k-tabs" aria-label={say('server.tabs')}>
        {tabs.map(({ path, title }) => (
          <Link key={path} to={`/servers/${uuid}/${path}`} className="k-tab" {...current(path === tab.path)}>
            {say(title)}
          </Link>
        ))}
      </nav>
      <Suspense fallback={<Loading />}>
        <tab.page server={server} />
      </Suspense>
    </>
  );
}

/** The first tab has two paths. */
function current(here: boolean): { 'aria-current'?: 'page' } {
  return here ? { 'aria-current': 'page' } : {};
}

function Notices({ server }: { server: ServerDetail }) {
  const say = useText();
  const language = useLanguage();
  const { maintenance } = server;
  const reasons = attentionTexts(server, say);
  return (
    <div className="k-notices">
      {reasons.length > 0 && (
        <Alert
          variant="danger"
          isInline
          className="k-notice"
          component="h2"
          title={say('server.attention')}
          actionLinks={
            <Link to={`/servers/${server.uuid}/timeline`}>{say('server.attention.timeline')}</Link>
          }
        >
          {reasons.map((reason) => (
            <p key={reason}>{reason}</p>
          ))}
        </Alert>
      )}
      {maintenance !== null && (
        <Alert
          variant="info"
          isInline
          className="k-notice"
          component="h2"
          title={say(`server.maintenance.${maintenance.side}`)}
        >
          {maintenance.reason !== null && (
            <p>
              <bdi>{maintenance.reason}</bdi>
            </p>
          )}
          {maintenance.by !== null && <p>{say('server.maintenance.by', { by: maintenance.by })}</p>}
          {maintenance.until !== null && (
            <p>
              {say('server.maintenance.until', {
                until: new Date(maintenance.until).toLocaleString(language),
              })}
            </p>
          )}
        </Alert>
      )}
    </div>
  );
}
