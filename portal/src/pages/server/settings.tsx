import { useQuery } from '@tanstack/react-query';
import { hardware } from '../../api/servers.ts';
import type { ServerDetail } from '../../api/types.ts';
import { Failure } from '../../parts/failure.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Bios } from './bios.tsx';
import { Firmware } from './firmware.tsx';
import { PendingChanges } from './pending.tsx';
import { Raid } from './raid.tsx';

/** BIOS settings, RAID and firmware: as they were read last, what they will become, and how to change them. */
export function Settings({ server }: { server: ServerDetail }) {
  const { data, error, refetch } = useQuery(hardware(server.uuid));
  if (error !== null) return <Failure error={error} again={() => void refetch()} />;
  if (data === undefined) return <Loading />;
  const { pending } = data;
  return (
    <>
      <PendingChanges uuid={server.uuid} pending={pending} />
      <div className="k-panels">
        <div>
          <Raid raid={data.raid} />
          <Firmware
            server={server}
            parts={data.firmware ?? []}
            read_at={data.firmware_read_at}
            pending={pending.filter(({ component }) => component === 'firmware')}
          />
        </div>
        <Bios
          server={server}
          settings={data.bios ?? []}
          read_at={data.bios_read_at}
          pending={pending.filter(({ component }) => component === 'bios')}
        />
      </div>
    </>
  );
}
