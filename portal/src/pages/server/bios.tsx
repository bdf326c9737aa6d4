import { SearchInput } from '@patternfly/react-core/dist/dynamic/components/SearchInput';
import { useState } from 'react';
import type { BiosSetting, PendingChange, ServerDetail } from '../../api/types.ts';
import { SimpleTable } from '../../parts/simple-table.tsx';
import { Time } from '../../parts/time.tsx';
import { useText } from '../../text/text.ts';
import { Becomes, ReadAt } from './becomes.tsx';
import { BiosDialog } from './bios-dialog.tsx';
import { ToolButton } from './tool-button.tsx';

interface Props {
  server: ServerDetail;
  settings: readonly BiosSetting[];
  /** ISO 8601 */
  read_at: string | null;
  pending: readonly PendingChange[];
}

/** BIOS settings: found by name, with what they will become; those that will change come first. */
export function Bios({ server, settings, read_at, pending }: Props) {
  const say = useText();
  const [wanted, setWanted] = useState('');
  const [opened, setOpened] = useState(false);
  const changing = new Set(pending.map(({ name }) => name));
  const shown = settings
    .filter(({ name }) => name.toLowerCase().includes(wanted.toLowerCase()))
    .toSorted((a, b) => Number(changing.has(b.name)) - Number(changing.has(a.name)));
  return (
    <section>
      <h2 className="k-subtitle">{say('settings.bios')}</h2>
      <ReadAt time={read_at} />
      {settings.length > 0 && (
        <ToolButton
          server={server}
          tool="bios-settings"
          label={say('settings.change')}
          open={() => setOpened(true)}
          later={`/schedules/new?servers=${server.uuid}&tool=bios-settings`}
        />
      )}
      {settings.length === 0 ? (
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
            rows={shown.map(({ name, value, updated_at }) => ({
              key: name,
              cells: [
                <code key="name">{name}</code>,
                <Becomes key="value" value={value} changes={pending.filter((one) => one.name === name)} />,
                <Time key="read" time={updated_at} />,
              ],
            }))}
          />
        </>
      )}
      {opened && <BiosDialog server={server} settings={settings} close={() => setOpened(false)} />}
    </section>
  );
}
