import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { EmptyState, EmptyStateBody } from '@patternfly/react-core/dist/dynamic/components/EmptyState';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { Link } from 'react-router';
import { serverList } from '../../api/servers.ts';
import type { Server, Stage } from '../../api/types.ts';
import { useSession } from '../../app/session.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Pager } from '../../parts/pager.tsx';
import { ScrollBox } from '../../parts/scroll-box.tsx';
import { type TextKey, useText } from '../../text/text.ts';
import { keepColumns, keptColumns } from './columns.tsx';
import { type ListState, useListState } from './list-state.ts';
import { ListToolbar } from './list-toolbar.tsx';
import { ServerTable } from './server-table.tsx';

const NONE: ReadonlyMap<string, Server> = new Map();

/** Servers in a table: searched, filtered, sorted and paged by the service, and kept up to date. @param stage null: of all stages */
export function ServerList({ stage }: { stage: Stage | null }) {
  const say = useText();
  const state = useListState(stage);
  const [columns, setColumns] = useState(keptColumns);
  const [selected, setSelected] = useState(NONE);
  const [of, setOf] = useState(stage);
  if (of !== stage) {
    setOf(stage);
    setSelected(NONE);
  }
  const { data, error, isPlaceholderData, refetch } = useQuery(serverList(state.query));

  const select = useCallback(
    (servers: readonly Server[], on: boolean): void =>
      setSelected((before) => {
        const after = new Map(before);
        for (const server of servers) {
          if (on) after.set(server.uuid, server);
          else after.delete(server.uuid);
        }
        return after;
      }),
    [],
  );

  return (
    <div className="k-list">
      <ListToolbar
        state={state}
        selected={[...selected.values()]}
        unselect={() => setSelected(NONE)}
        columns={columns}
        setColumns={(names) => {
          keepColumns(names);
          setColumns(keptColumns());
        }}
      />
      {error !== null && <Failure error={error} again={() => void refetch()} />}
      {data === undefined && error === null && <Loading />}
      {data !== undefined && data.servers.length > 0 && (
        <ScrollBox label={say('list.title')} waits={isPlaceholderData}>
          <ServerTable
            servers={data.servers}
            columns={columns}
            sort={state.sort}
            onSort={state.setSort}
            selected={selected}
            onSelect={select}
          />
        </ScrollBox>
      )}
      {data !== undefined && data.servers.length === 0 && <Nothing stage={stage} state={state} say={say} />}
      {data !== undefined && data.total > 0 && (
        <Pager
          state={state}
          shown={data.servers.length}
          total={data.total}
          next={data.next === undefined ? null : (data.servers.at(-1)?.uuid ?? null)}
        />
      )}
    </div>
  );
}

function Nothing({
  stage,
  state,
  say,
}: {
  stage: Stage | null;
  state: ListState;
  say: ReturnType<typeof useText>;
}) {
  const narrowed = state.search !== '' || state.filters.size > 0;
  return (
    <EmptyState
      titleText={narrowed ? say('list.none.title') : say('list.empty.title')}
      headingLevel="h2"
      variant="sm"
    >
      <EmptyStateBody>{narrowed ? say('list.none.body') : <WayHere stage={stage} />}</EmptyStateBody>
      {narrowed && (
        <Button variant="link" onClick={state.clear}>
          {say('list.filters.clear')}
        </Button>
      )}
    </EmptyState>
  );
}

/** Where servers of a stage come from, when there are none. */
function WayHere({ stage }: { stage: Stage | null }) {
  const say = useText();
  const { session } = useSession();
  const provider = session.system;
  const way = stage === null ? undefined : WAYS[stage];
  return (
    <>
      {say('list.empty.body')} {way !== undefined && say(provider ? way.provider : way.customer)}{' '}
      {way?.orders === true && <Link to="/orders/new">{say('order.new')}</Link>}
      {stage === 'registration' && provider && (
        <Link to="/admin/enrolment-tokens">{say('table.enrolment-tokens')}</Link>
      )}
    </>
  );
}

const WAYS: Partial<Record<Stage, { provider: TextKey; customer: TextKey; orders?: true }>> = {
  registration: { provider: 'list.way.registration', customer: 'list.way.provider', orders: true },
  inventory: { provider: 'list.way.inventory', customer: 'list.way.provider', orders: true },
  building: { provider: 'list.way.building', customer: 'list.way.building', orders: true },
  'in-use': { provider: 'list.way.in-use', customer: 'list.way.in-use', orders: true },
  maintenance: { provider: 'list.way.maintenance', customer: 'list.way.maintenance' },
  deletion: { provider: 'list.way.deletion', customer: 'list.way.deletion' },
};
