import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { lazy, Suspense, useState } from 'react';
import { Link } from 'react-router';
import type { ServerDetail } from '../../api/types.ts';
import { Age } from '../../parts/age.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Ssh } from '../../parts/ssh.tsx';
import { useLanguage, useText } from '../../text/text.ts';
import { ToolPanel } from './tool-panel.tsx';

const EditDialog = lazy(async () => ({ default: (await import('./edit-dialog.tsx')).EditDialog }));

/** Who the server is, where it stands, and what can be done with it. */
export function Overview({ server }: { server: ServerDetail }) {
  const say = useText();
  const language = useLanguage();
  const [edits, setEdits] = useState(false);
  const mono = (value: string | number | null) =>
    value === null ? null : <bdi className="k-mono">{value}</bdi>;
  const text = (value: string | null) => (value === null ? null : <bdi>{value}</bdi>);
  return (
    <div className="k-columns">
      <div>
        <div className="k-panels">
          <Facts
            title={say('server.identity')}
            rows={[
              [say('column.uuid'), mono(server.uuid)],
              [say('column.serial_number'), mono(server.serial_number)],
              [say('column.vendor'), text(server.vendor)],
              [say('column.manufacturer'), text(server.manufacturer)],
              [say('column.product_name'), text(server.product_name)],
              [say('column.resource_class'), text(server.resource_class)],
              [say('column.driver'), mono(server.driver)],
            ]}
          />
          <Facts
            title={say('server.place')}
            rows={[
              [say('column.availability_zone'), text(server.availability_zone)],
              [say('column.rack'), text(server.rack)],
              [say('server.rack_unit'), mono(server.rack_unit)],
              [say('column.bmc_address'), mono(server.bmc_address)],
              [say('column.service_address'), mono(server.service_address)],
              [say('column.vlan_id'), mono(server.vlan_id)],
              ...(server.service_address !== null && server.install_state === 'INSTALLED'
                ? [['SSH', <Ssh key="ssh" address={server.service_address} login={null} />] as const]
                : []),
            ]}
          />
          <Facts
            title={say('server.service')}
            rows={[
              [say('column.stage_changed_at'), <Age key="age" since={server.stage_changed_at} />],
              [say('column.owner'), text(server.owner)],
              [say('column.lessee'), text(server.lessee)],
              [
                say('server.order'),
                server.order_uuid === null ? null : (
                  <Link key="order" to={`/orders/${server.order_uuid}`} className="k-mono">
                    {server.order_uuid.slice(0, 8)}
                  </Link>
                ),
              ],
              [say('column.install_state'), mono(server.install_state)],
              [say('server.health'), text(server.health ?? server.fault)],
              [
                say('server.created'),
                server.created_at === null ? null : new Date(server.created_at).toLocaleString(language),
              ],
            ]}
          />
          {server.side === 'provider' && (
            <section className="k-facts">
              <h2 className="k-subtitle">{say('server.notes')}</h2>
              <p className="k-notes">{server.notes ?? <span className="k-quiet">–</span>}</p>
              <Button variant="secondary" size="sm" onClick={() => setEdits(true)}>
                {say('server.edit')}
              </Button>
            </section>
          )}
        </div>
      </div>
      <ToolPanel server={server} />
      {edits && (
        <Suspense>
          <EditDialog server={server} close={() => setEdits(false)} />
        </Suspense>
      )}
    </div>
  );
}
