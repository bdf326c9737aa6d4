import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { listing } from '../../api/listing.ts';
import type { Flavor, Profile, Server } from '../../api/types.ts';
import { Age } from '../../parts/age.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Power } from '../../parts/power.tsx';
import { Listing, Value } from '../../parts/rows.tsx';
import { useText } from '../../text/text.ts';
import { nameOf } from '../servers/name-of.ts';

/** As many as the service gives at once. */
const ALL = { limit: '1000' };

/** What became of a server and a profile: servers that have an operating system, or are on the way to it, apart from the hardware. */
export function BaremetalList() {
  const say = useText();
  const query = useInfiniteQuery(
    listing<Server>('/lifecycle/v1/servers', 'servers', {
      ...{ baremetal: 'true', sort_key: 'name' },
    }),
  );
  const flavors = useInfiniteQuery(listing<Flavor>('/lifecycle/v1/flavors', 'flavors', ALL)).data ?? [];
  const profiles = useInfiniteQuery(listing<Profile>('/lifecycle/v1/profiles', 'profiles', ALL)).data ?? [];
  const profileOf = ({ flavor_uuid }: Server): string | null => {
    const wanted = flavors.find(({ uuid }) => uuid === flavor_uuid)?.profile_uuid;
    return profiles.find(({ uuid }) => uuid === wanted)?.name ?? null;
  };
  return (
    <>
      <PageHead title={say('nav.baremetal')} />
      <p className="k-quiet k-gap-after">{say('baremetal.lead')}</p>
      <Listing
        query={query}
        empty={{ title: say('baremetal.none'), body: say('baremetal.none.body') }}
        label={say('nav.baremetal')}
        keyOf={({ uuid }) => uuid}
        columns={[
          {
            key: 'node',
            label: say('baremetal.node'),
            cell: (server) => (
              <Link to={`/servers/${server.uuid}`} className="k-cell-link">
                <Value>{nameOf(server)}</Value>
              </Link>
            ),
          },
          {
            key: 'profile',
            label: say('baremetal.profile'),
            cell: (server) => <Value>{profileOf(server)}</Value>,
          },
          {
            key: 'result',
            label: say('baremetal.result'),
            cell: ({ install_state: state }) =>
              state && <span className={`k-outcome k-install-${state.toLowerCase()}`}>{state}</span>,
          },
          {
            key: 'since',
            label: say('baremetal.since'),
            cell: ({ installed_at, install_failed_at, provision_updated_at }) => (
              <Age since={install_failed_at ?? installed_at ?? provision_updated_at} />
            ),
          },
          {
            key: 'power',
            label: say('column.power_state'),
            cell: ({ power_state }) => <Power state={power_state} />,
          },
          {
            key: 'service_address',
            label: say('column.service_address'),
            cell: ({ service_address }) => <Value mono>{service_address}</Value>,
          },
          {
            key: 'bmc_address',
            label: say('column.bmc_address'),
            cell: ({ bmc_address }) => <Value mono>{bmc_address}</Value>,
          },
          {
            key: 'vlan',
            label: say('column.vlan_id'),
            cell: ({ vlan_id }) => <Value mono>{vlan_id}</Value>,
          },
          { key: 'lessee', label: say('column.lessee'), cell: ({ lessee }) => <Value>{lessee}</Value> },
          {
            key: 'note',
            label: say('baremetal.note'),
            cell: ({ install_note }) => <Value>{install_note}</Value>,
          },
        ]}
      />
    </>
  );
}
