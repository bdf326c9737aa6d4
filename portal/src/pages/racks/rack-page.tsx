import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { SearchInput } from '@patternfly/react-core/dist/dynamic/components/SearchInput';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { serverList } from '../../api/servers.ts';
import type { Server } from '../../api/types.ts';
import { Failure } from '../../parts/failure.tsx';
import { Loading } from '../../parts/loading.tsx';
import { useText } from '../../text/text.ts';
import { Rack } from './rack.tsx';

/** What the service gives at once. */
const MOST = 1000;

/** The racks as they stand in the aisle, with the lamps of their servers, live. */
export function RackPage() {
  const say = useText();
  const [params, setParams] = useSearchParams();
  const wanted = params.get('rack') ?? '';
  const [typed, setTyped] = useState(wanted);
  // Backwards, so that servers without a rack come last.
  const order = { limit: String(MOST), sort_key: 'rack', sort_dir: 'desc' };
  const { data, error, refetch } = useQuery(serverList(wanted === '' ? order : { ...order, rack: wanted }));
  const choose = (rack: string): void => {
    setTyped(rack);
    setParams(rack === '' ? {} : { rack });
  };
  if (error !== null) return <Failure error={error} again={() => void refetch()} />;
  if (data === undefined) return <Loading />;
  const racks = racksOf(data.servers);
  return (
    <>
      <h1 className="k-title">{say('racks.title')}</h1>
      <div className="k-toolbar-row k-gap-after">
        <SearchInput
          aria-label={say('racks.find')}
          placeholder={say('racks.find.example')}
          className="k-search"
          value={typed}
          onChange={(_event, value) => setTyped(value)}
          onSearch={(_event, value) => choose(value.trim())}
          onClear={() => choose('')}
        />
        {wanted !== '' && (
          <Button variant="link" onClick={() => choose('')}>
            {say('racks.find.all')}
          </Button>
        )}
        <span className="k-space" />
        <ul className="k-lamps" aria-label={say('racks.legend')}>
          <li className="k-power-on">
            <span className="k-led" aria-hidden="true" /> {say('power.on')}
          </li>
          <li>
            <span className="k-led" aria-hidden="true" /> {say('power.off')}
          </li>
          <li className="k-legend-attention">
            <span className="k-led" aria-hidden="true" /> {say('racks.legend.attention')}
          </li>
        </ul>
      </div>
      {racks.length === 0 && <p className="k-quiet">{say('racks.none')}</p>}
      {data.next !== undefined && <p className="k-quiet k-gap-after">{say('racks.more', { count: MOST })}</p>}
      <div className="k-racks">
        {racks.map(([name, servers]) => (
          <Rack key={name} name={name} servers={servers} />
        ))}
      </div>
    </>
  );
}

function racksOf(servers: readonly Server[]): [name: string, servers: Server[]][] {
  const racks = new Map<string, Server[]>();
  for (const server of servers) {
    if (server.rack === null || server.stage === 'disposed') continue;
    const standing = racks.get(server.rack);
    if (standing === undefined) racks.set(server.rack, [server]);
    else standing.push(server);
  }
  return [...racks].sort(([one], [other]) => one.localeCompare(other, 'en', { numeric: true }));
}
