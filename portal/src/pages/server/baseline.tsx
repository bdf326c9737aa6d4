import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ServerDetail, Baseline as Taken } from '../../api/types.ts';
import { baseline, compareBaseline, deleteBaseline, takeBaseline } from '../../api/upkeep.ts';
import { Failure } from '../../parts/failure.tsx';
import { Refusal } from '../../parts/refusal.tsx';
import { Summary } from '../../parts/summary.tsx';
import { Time } from '../../parts/time.tsx';
import { type Say, useText } from '../../text/text.ts';
import { Differences } from './differences.tsx';
import { FormDialog } from './form-dialog.tsx';
import { UpkeepButton } from './upkeep-button.tsx';

/** What the server is brought back to: taken, compared with the server as it is, and forgotten. */
export function Baseline({ server }: { server: ServerDetail }) {
  const say = useText();
  const taken_at = server.baseline_taken_at ?? null;
  const { data, error, refetch } = useQuery(baseline(server.uuid, taken_at));
  const [opened, setOpened] = useState<'take' | 'delete' | null>(null);
  const compare = useMutation({ mutationFn: () => compareBaseline(server.uuid) });
  const close = () => setOpened(null);
  return (
    <section>
      <h2 className="k-subtitle">{say('baseline.title')}</h2>
      <p className="k-quiet k-gap-after">{say(taken_at === null ? 'baseline.none' : 'baseline.lead')}</p>
      {error !== null && <Failure error={error} again={() => void refetch()} />}
      {taken_at !== null && data !== undefined && (
        <Summary
          facts={[
            [say('baseline.taken'), <Time key="at" time={data.taken_at} />],
            [say('baseline.by'), <bdi key="by">{data.taken_by ?? '–'}</bdi>],
            [say('baseline.holds'), holds(data, say)],
          ]}
        />
      )}
      <div className="k-tool-buttons">
        {server.stage !== 'disposed' && (
          <Button
            variant="secondary"
            size="sm"
            isLoading={compare.isPending}
            isDisabled={compare.isPending}
            onClick={() => compare.mutate()}
          >
            {say(compare.isPending ? 'upkeep.read' : 'baseline.compare')}
          </Button>
        )}
        <UpkeepButton
          server={server}
          upkeep="baseline-take"
          label={say(taken_at === null ? 'baseline.take' : 'baseline.retake')}
          open={() => setOpened('take')}
        />
        {taken_at !== null && (
          <Button variant="link" isDanger size="sm" onClick={() => setOpened('delete')}>
            {say('baseline.delete')}
          </Button>
        )}
      </div>
      <Refusal title={say('upkeep.refused')} error={compare.error} />
      {compare.data !== undefined && <Differences differences={compare.data} />}
      {opened === 'take' && (
        <FormDialog
          title={say('baseline.take')}
          lead={say('baseline.take.body')}
          go={say('baseline.take')}
          run={async () => {
            await takeBaseline(server.uuid);
            compare.reset();
          }}
          close={close}
        >
          {null}
        </FormDialog>
      )}
      {opened === 'delete' && (
        <FormDialog
          title={say('baseline.delete')}
          lead={say('baseline.delete.body')}
          go={say('baseline.delete')}
          danger
          run={() => deleteBaseline(server.uuid)}
          close={close}
        >
          {null}
        </FormDialog>
      )}
    </section>
  );
}

/** What a baseline is made of; a part that the BMC did not tell is left out. */
function holds({ bios, raid, accounts, firmware }: Taken, say: Say): string {
  const counts = { bios: bios === null ? null : Object.keys(bios), raid, accounts, firmware };
  return (['bios', 'raid', 'accounts', 'firmware'] as const)
    .flatMap((part) => {
      const of = counts[part];
      return of === null ? [] : [say(`baseline.holds.${part}`, { count: of.length })];
    })
    .join(', ');
}
