import { useState } from 'react';
import type { ServerDetail } from '../../api/types.ts';
import { dispose } from '../../api/upkeep.ts';
import { Field } from '../../parts/field.tsx';
import { Summary } from '../../parts/summary.tsx';
import { Time } from '../../parts/time.tsx';
import { useText } from '../../text/text.ts';
import { FormDialog } from './form-dialog.tsx';
import { UpkeepButton } from './upkeep-button.tsx';

const FIELDS = ['by', 'method', 'reference', 'note'] as const;
type Told = Readonly<Record<(typeof FIELDS)[number] | 'confirm', string>>;
const NOTHING: Told = { by: '', method: '', reference: '', note: '', confirm: '' };

/** Records that the server leaves for good, after its number was typed; and how it left. */
export function Disposal({ server }: { server: ServerDetail }) {
  const say = useText();
  const [opened, setOpened] = useState(false);
  const [told, setTold] = useState(NOTHING);
  const word = server.serial_number ?? server.uuid;
  const set = (name: keyof Told) => (value: string) => setTold((before) => ({ ...before, [name]: value }));
  if (server.stage === 'disposed') return <Disposed server={server} />;
  return (
    <section>
      <h2 className="k-subtitle">{say('disposal.title')}</h2>
      <p className="k-quiet k-gap-after">{say('disposal.lead')}</p>
      <UpkeepButton
        server={server}
        upkeep="dispose"
        label={say('disposal.go')}
        danger
        open={() => setOpened(true)}
      />
      {opened && (
        <FormDialog
          title={say('disposal.go')}
          lead={say('disposal.lead')}
          go={say('disposal.go')}
          danger
          disabled={told.confirm !== word}
          run={() => dispose(server.uuid, { confirm: word, ...given(told) })}
          close={() => setOpened(false)}
        >
          {FIELDS.map((name) => (
            <Field
              key={name}
              id={`disposal-${name}`}
              label={say(`disposal.${name}`)}
              value={told[name]}
              onChange={set(name)}
              maxLength={name === 'note' ? 2000 : 255}
              {...(name === 'note' ? { lines: 2 } : {})}
              {...(name === 'method' ? { help: say('disposal.method.help') } : {})}
            />
          ))}
          <Field
            id="confirm"
            label={say('actions.confirm.type', { word })}
            value={told.confirm}
            onChange={set('confirm')}
          />
        </FormDialog>
      )}
    </section>
  );
}

/** Without what was left empty. */
function given({ confirm: _, ...told }: Told): Record<string, string> {
  const trimmed = Object.entries(told).map(([name, value]) => [name, value.trim()]);
  return Object.fromEntries(trimmed.filter(([, value]) => value !== ''));
}

function Disposed({ server }: { server: ServerDetail }) {
  const say = useText();
  const { disposed_at, disposed_by, disposal } = server;
  const record = (disposal ?? {}) as Readonly<Record<string, unknown>>;
  return (
    <section>
      <h2 className="k-subtitle">{say('disposal.title')}</h2>
      <Summary
        facts={[
          [say('audit.when'), <Time key="at" time={disposed_at} />],
          [say('disposal.by'), <bdi key="by">{disposed_by ?? '–'}</bdi>],
          ...(['method', 'reference', 'note'] as const).map(
            (name) => [say(`disposal.${name}`), <bdi key={name}>{String(record[name] ?? '–')}</bdi>] as const,
          ),
        ]}
      />
    </section>
  );
}
