import { SearchInput } from '@patternfly/react-core/dist/dynamic/components/SearchInput';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { hardware } from '../../api/servers.ts';
import type { RaidConfig, ServerDetail } from '../../api/types.ts';
import { Failure } from '../../parts/failure.tsx';
import { Loading } from '../../parts/loading.tsx';
import { SimpleTable } from '../../parts/simple-table.tsx';
import { useLanguage, useText } from '../../text/text.ts';

/** BIOS settings, RAID and firmware: as they were read last, and what was asked for and is not there yet. */
export function Settings({ server }: { server: ServerDetail }) {
  const say = useText();
  const language = useLanguage();
  const [wanted, setWanted] = useState('');
  const { data, error, refetch } = useQuery(hardware(server.uuid));
  if (error !== null) return <Failure error={error} again={() => void refetch()} />;
  if (data === undefined) return <Loading />;
  const bios = (data.bios ?? []).filter(({ name }) => name.toLowerCase().includes(wanted.toLowerCase()));
  return (
    <div className="k-cards">
      <section>
        <h2 className="k-subtitle">{say('settings.raid')}</h2>
        <Raid title={say('settings.raid.current')} config={data.raid?.current ?? {}} />
        {(data.raid?.target.logical_disks?.length ?? 0) > 0 && (
          <Raid title={say('settings.raid.target')} config={data.raid?.target ?? {}} />
        )}
        <h2 className="k-subtitle k-gap">{say('settings.firmware')}</h2>
        {(data.firmware ?? []).length === 0 ? (
          <p className="k-quiet">{say('settings.firmware.none')}</p>
        ) : (
          <SimpleTable
            label={say('settings.firmware')}
            head={[
              say('settings.component'),
              say('settings.version.current'),
              say('settings.version.initial'),
              say('settings.version.flashed'),
            ]}
            rows={(data.firmware ?? []).map((one) => ({
              key: one.component,
              cells: [one.component, one.current_version, one.initial_version, one.last_version_flashed],
            }))}
          />
        )}
      </section>
      <section>
        <h2 className="k-subtitle">{say('settings.bios')}</h2>
        {(data.bios ?? []).length === 0 ? (
          <p className="k-quiet">{say('settings.bios.none')}</p>
        ) : (
          <>
            <SearchInput
              aria-label={say('settings.bios.filter')}
              placeholder={say('settings.bios.filter')}
              value={wanted}
              onChange={(_event, value) => setWanted(value)}
              onClear={() => setWanted('')}
            />
            <SimpleTable
              label={say('settings.bios')}
              head={[say('settings.name'), say('settings.value'), say('settings.read')]}
              rows={bios.map(({ name, value, updated_at }) => ({
                key: name,
                cells: [
                  <code key="name">{name}</code>,
                  value,
                  updated_at === null ? null : new Date(updated_at).toLocaleString(language),
                ],
              }))}
            />
          </>
        )}
      </section>
    </div>
  );
}

function Raid({ title, config }: { title: string; config: RaidConfig }) {
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
