import type { Hardware, RaidConfig } from '../../api/types.ts';
import { SimpleTable } from '../../parts/simple-table.tsx';
import { useText } from '../../text/text.ts';

/** The logical disks that there are, and those that were asked for. */
export function Raid({ raid }: { raid: Hardware['raid'] }) {
  const say = useText();
  return (
    <section>
      <h2 className="k-subtitle">{say('settings.raid')}</h2>
      <Disks title={say('settings.raid.current')} config={raid?.current ?? {}} />
      {(raid?.target.logical_disks?.length ?? 0) > 0 && (
        <Disks title={say('settings.raid.target')} config={raid?.target ?? {}} />
      )}
    </section>
  );
}

function Disks({ title, config }: { title: string; config: RaidConfig }) {
  const say = useText();
  const disks = config.logical_disks ?? [];
  if (disks.length === 0) return <p className="k-quiet">{say('settings.raid.none')}</p>;
  return (
    <>
      <h3 className="k-small k-gap">{title}</h3>
      <SimpleTable
        label={title}
        head={[say('settings.raid.level'), say('settings.raid.size'), say('settings.raid.disks')]}
        rows={disks.map((disk, index) => ({
          key: String(index),
          cells: [
            disk.raid_level ?? null,
            typeof disk.size_gb === 'number' ? `${disk.size_gb} GB` : (disk.size_gb ?? null),
            disk.physical_disks?.length ?? disk.number_of_physical_disks ?? null,
          ],
        }))}
      />
    </>
  );
}
