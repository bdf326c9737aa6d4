import { useQuery } from '@tanstack/react-query';
import { hardware } from '../../api/servers.ts';
import type { Hardware, ServerDetail } from '../../api/types.ts';
import { Facts } from '../../parts/facts.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Loading } from '../../parts/loading.tsx';
import { SimpleTable } from '../../parts/simple-table.tsx';
import { type Say, useText } from '../../text/text.ts';
import { NodeParts } from '../tables/node-parts.tsx';
import { type PortFacts, PortPicture, verdictText } from './port-picture.tsx';

type Fields = Record<string, unknown>;

/** What the server is made of, and whether its cables lead where they should. */
export function HardwareTab({ server }: { server: ServerDetail }) {
  const say = useText();
  const { data, error, refetch } = useQuery(hardware(server.uuid));
  if (error !== null) return <Failure error={error} again={() => void refetch()} />;
  if (data === undefined) return <Loading />;
  const { inventory } = data;
  const ports = portsOf(data);
  return (
    <>
      {inventory === null ? (
        <p className="k-quiet k-gap-after">{say('hardware.none')}</p>
      ) : (
        <Inventory inventory={inventory} data={data} say={say} />
      )}
      <h2 className="k-subtitle k-gap">{say('hardware.ports')}</h2>
      {ports.length === 0 ? (
        <p className="k-quiet">{say('hardware.ports.none')}</p>
      ) : (
        <>
          <PortPicture ports={ports} />
          <SimpleTable
            label={say('hardware.ports')}
            head={(['port', 'mac', 'cable', 'plan', 'verdict'] as const).map((one) =>
              say(`hardware.column.${one}`),
            )}
            rows={ports.map((port) => ({
              key: port.mac ?? port.name,
              cells: [
                port.name,
                <span key="mac" className="k-mono">
                  {port.mac}
                </span>,
                port.actual,
                port.expected,
                <span key="verdict">
                  {verdictText(port, say)}
                  {port.cause !== null && <span className="k-quiet"> {port.cause}</span>}
                </span>,
              ],
            }))}
          />
        </>
      )}
      <NodeParts node={server.uuid} />
    </>
  );
}

function Inventory({ inventory, data, say }: { inventory: Fields; data: Hardware; say: Say }) {
  const cpu = fields(inventory.cpu);
  const memory = Number(fields(inventory.memory).physical_mb ?? 0);
  const disks = list(inventory.disks);
  return (
    <div className="k-panels">
      <Facts
        title={say('server.tab.hardware')}
        rows={[
          [
            say('hardware.cpu'),
            say('hardware.cores', { count: Number(cpu.count ?? 0), model: text(cpu.model_name) ?? '–' }),
          ],
          [say('hardware.memory'), memory === 0 ? null : `${(memory / 1024).toLocaleString()} GiB`],
          [say('hardware.boot'), data.boot_mode ?? text(fields(inventory.boot).current_boot_mode)],
          [say('hardware.secure_boot'), data.secure_boot === null ? null : String(data.secure_boot)],
        ]}
      />
      <section>
        <h2 className="k-subtitle">{say('hardware.disks')}</h2>
        <SimpleTable
          label={say('hardware.disks')}
          head={(['device', 'model', 'size', 'kind'] as const).map((one) => say(`hardware.column.${one}`))}
          rows={disks.map((disk, index) => ({
            key: text(disk.name) ?? String(index),
            cells: [
              <code key="name">{text(disk.name)}</code>,
              text(disk.model),
              `${Math.round(Number(disk.size ?? 0) / 1e9).toLocaleString()} GB`,
              disk.rotational === true ? say('hardware.hdd') : say('hardware.ssd'),
            ],
          }))}
        />
      </section>
    </div>
  );
}

/** Ports by the verdict of the registration, else by the inventory, else as they were enrolled. */
function portsOf({ cabling, inventory, ports }: Hardware): PortFacts[] {
  if (cabling !== null && cabling.length > 0)
    return cabling.map(({ port, mac, verdict, expected, actual, cause }) => ({
      ...{ name: port, mac, verdict, expected, actual, cause },
    }));
  const seen = list(inventory?.interfaces);
  if (seen.length > 0)
    return seen.map((port, index) => ({
      name: text(port.name) ?? String(index),
      mac: text(port.mac_address),
      verdict: port.has_carrier === false ? 'no-link' : null,
      ...{ expected: null, actual: null, cause: null },
    }));
  return (ports ?? []).map(({ name, address, local_link_connection: link }, index) => ({
    name: name ?? `#${index + 1}`,
    mac: address,
    verdict: null,
    expected: null,
    actual: [text(link.switch_info), text(link.port_id)].filter((one) => one !== null).join(' ') || null,
    cause: null,
  }));
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function list(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fields) : [];
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
