import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { listing } from '../../api/listing.ts';
import type { Baremetal } from '../../api/types.ts';
import { Age } from '../../parts/age.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Power } from '../../parts/power.tsx';
import { Listing, Value } from '../../parts/rows.tsx';
import { Ssh } from '../../parts/ssh.tsx';
import { useText } from '../../text/text.ts';

/** What became of a server and a profile: the systems, apart from the hardware. */
export function BaremetalList() {
  const say = useText();
  const query = useInfiniteQuery(listing<Baremetal>('/lifecycle/v1/baremetals', 'baremetals'));
  return (
    <>
      <PageHead title={say('nav.baremetal')} />
      <p className="k-quiet k-gap-after">{say('baremetal.lead')}</p>
      <Listing
        query={query}
        empty={{
          title: say('baremetal.none'),
          body: (
            <>
              {say('baremetal.none.body')} <Link to="/orders/new">{say('order.new')}</Link>
            </>
          ),
        }}
        label={say('nav.baremetal')}
        keyOf={({ server_uuid }) => server_uuid}
        columns={[
          {
            key: 'node',
            label: say('baremetal.node'),
            cell: ({ server_uuid, name }) => (
              <Link to={`/servers/${server_uuid}`} className="k-cell-link">
                <Value>{name ?? server_uuid}</Value>
              </Link>
            ),
          },
          {
            key: 'profile',
            label: say('baremetal.profile'),
            cell: ({ profile }) => <Value>{profile}</Value>,
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
            key: 'vlan',
            label: say('column.vlan_id'),
            cell: (baremetal) => <Vlan {...baremetal} />,
          },
          {
            key: 'ssh',
            label: 'SSH',
            cell: ({ service_address, login, install_state }) =>
              service_address !== null && install_state === 'INSTALLED' ? (
                <Ssh address={service_address} login={login} />
              ) : (
                <Value>{null}</Value>
              ),
          },
          { key: 'project', label: say('column.lessee'), cell: ({ project }) => <Value>{project}</Value> },
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

/** The VLAN that is planned, with a mark where the switches told others of the ports that the server is plugged into. */
function Vlan({ vlan_id, switch_vlan_ids }: Pick<Baremetal, 'vlan_id' | 'switch_vlan_ids'>) {
  const say = useText();
  const differs = vlan_id !== null && switch_vlan_ids !== null && !switch_vlan_ids.includes(vlan_id);
  return (
    <>
      <Value mono>{vlan_id}</Value>
      {differs && (
        <span className="k-differs" title={say('baremetal.vlan.differs.why')}>
          {say('baremetal.vlan.differs', { vlans: switch_vlan_ids.join(', ') })}
        </span>
      )}
    </>
  );
}
