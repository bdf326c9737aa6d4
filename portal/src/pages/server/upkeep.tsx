import type { ServerDetail } from '../../api/types.ts';
import { useSession } from '../../app/session.tsx';
import { Baseline } from './baseline.tsx';
import { Disposal } from './disposal.tsx';
import { Quarantine } from './quarantine.tsx';
import { Repairs } from './repairs.tsx';
import { Reservation } from './reservation.tsx';

/** Repairs, for whoever has the server; and what its provider does with it. */
export function Upkeep({ server }: { server: ServerDetail }) {
  const { session } = useSession();
  const provider = server.side === 'provider';
  const owner = provider || (server.owner !== null && server.owner === session.project?.id);
  return (
    <div className="k-upkeep">
      <Repairs server={server} />
      {owner && server.stage !== 'disposed' && <Reservation server={server} />}
      {provider && (
        <>
          <Quarantine server={server} />
          <Baseline server={server} />
          <Disposal server={server} />
        </>
      )}
    </div>
  );
}
