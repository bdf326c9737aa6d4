import { useState } from 'react';
import type { Hardware, PendingChange, ServerDetail } from '../../api/types.ts';
import { SimpleTable } from '../../parts/simple-table.tsx';
import { useText } from '../../text/text.ts';
import { Becomes, ReadAt } from './becomes.tsx';
import { FirmwareDialog } from './firmware-dialog.tsx';
import { ToolButton } from './tool-button.tsx';

interface Props {
  server: ServerDetail;
  parts: NonNullable<Hardware['firmware']>;
  /** ISO 8601 */
  read_at: string | null;
  pending: readonly PendingChange[];
}

/** Versions of firmware, what they will become, and the way to write others. */
export function Firmware({ server, parts, read_at, pending }: Props) {
  const say = useText();
  const [opened, setOpened] = useState(false);
  return (
    <section>
      <h2 className="k-subtitle k-gap">{say('settings.firmware')}</h2>
      <ReadAt time={read_at} />
      <ToolButton
        server={server}
        tool="firmware-update"
        label={say('settings.flash')}
        open={() => setOpened(true)}
        later={`/schedules/new?servers=${server.uuid}&tool=firmware-update`}
      />
      {parts.length === 0 ? (
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
          rows={parts.map((one) => ({
            key: one.component,
            cells: [
              one.component,
              <Becomes
                key="version"
                value={one.current_version}
                changes={pending.filter(({ name }) => name === one.component)}
              />,
              one.initial_version,
              one.last_version_flashed,
            ],
          }))}
        />
      )}
      {opened && (
        <FirmwareDialog
          server={server}
          components={parts.map(({ component }) => component)}
          close={() => setOpened(false)}
        />
      )}
    </section>
  );
}
