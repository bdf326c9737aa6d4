import { useState } from 'react';
import type { ServerDetail } from '../../api/types.ts';
import { quarantine } from '../../api/upkeep.ts';
import { Field } from '../../parts/field.tsx';
import { Summary } from '../../parts/summary.tsx';
import { Time } from '../../parts/time.tsx';
import { useText } from '../../text/text.ts';
import { Differences } from './differences.tsx';
import { FormDialog } from './form-dialog.tsx';
import { UpkeepButton } from './upkeep-button.tsx';

/** Why the server is kept out of stock, and the way in and out. */
export function Quarantine({ server }: { server: ServerDetail }) {
  const say = useText();
  const [opened, setOpened] = useState(false);
  const [reason, setReason] = useState('');
  const kept = server.quarantine ?? null;
  const how = kept === null ? 'begin' : 'end';
  return (
    <section>
      <h2 className="k-subtitle">{say('quarantine.title')}</h2>
      {kept === null ? (
        <p className="k-quiet k-gap-after">{say('quarantine.none')}</p>
      ) : (
        <>
          <Summary
            facts={[
              [say('quarantine.reason'), <bdi key="reason">{kept.reason ?? '–'}</bdi>],
              [say('quarantine.by'), <bdi key="by">{kept.by ?? '–'}</bdi>],
              [say('quarantine.since'), <Time key="since" time={kept.since} />],
            ]}
          />
          {(kept.differences ?? []).length > 0 && <Differences differences={kept.differences ?? []} />}
        </>
      )}
      <UpkeepButton
        server={server}
        upkeep={kept === null ? 'quarantine' : 'release'}
        label={say(`quarantine.${how}`)}
        open={() => setOpened(true)}
      />
      {opened && (
        <FormDialog
          title={say(`quarantine.${how}`)}
          lead={say(`quarantine.${how}.lead`)}
          go={say(`quarantine.${how}`)}
          disabled={reason.trim() === ''}
          run={async () => {
            await quarantine(server.uuid, how, reason.trim());
            setReason('');
          }}
          close={() => setOpened(false)}
        >
          <Field
            id="quarantine-reason"
            label={say('quarantine.reason')}
            value={reason}
            onChange={setReason}
            lines={3}
            maxLength={2000}
            required
          />
        </FormDialog>
      )}
    </section>
  );
}
