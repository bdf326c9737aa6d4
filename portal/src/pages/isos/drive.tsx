import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { ask } from '../../api/http.ts';
import type { ServerDetail } from '../../api/types.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { refusalText } from '../../text/tell.ts';
import { useLanguage, useText } from '../../text/text.ts';
import { IsoDialog } from './iso-dialog.tsx';
import { doSteps } from './steps.ts';

/** A virtual drive, as its BMC has it. Its image is an address that only the BMC may use: it is not shown. */
interface Slot {
  media_types: string[];
  inserted: boolean;
}

function drive(uuid: string) {
  return queryOptions({
    queryKey: ['drive', uuid],
    queryFn: ({ signal }) => ask<Slot[]>(`/v1/nodes/${uuid}/vmedia`, { signal }),
    retry: false,
    // A BMC is asked, and not every one has a drive: only when somebody wants to know.
    enabled: false,
  });
}

/** The virtual CD drive of a server: whether something is in it, and what can be done with it. */
export function Drive({ server }: { server: ServerDetail }) {
  const say = useText();
  const language = useLanguage();
  const client = useQueryClient();
  const [inserts, setInserts] = useState(false);
  const { data: slots, error, isFetching, refetch } = useQuery(drive(server.uuid));
  const eject = useMutation({
    mutationFn: () => doSteps(server.uuid, [{ tool: 'iso-eject' }], () => {}, new AbortController().signal),
    onSettled: () => {
      if (slots !== undefined) void refetch();
      void client.invalidateQueries({ queryKey: ['servers'] });
    },
  });
  const mount = server.tools.find(({ tool }) => tool === 'iso-mount');
  const cd = slots?.find(({ media_types }) => media_types.some((one) => one === 'CD' || one === 'DVD'));
  return (
    <section className="k-gap">
      <h2 className="k-subtitle">{say('access.iso')}</h2>
      {cd !== undefined && (
        <p className="k-gap-after" role="status" data-drive={cd.inserted ? 'full' : 'empty'}>
          {say(cd.inserted ? 'isos.drive.full' : 'isos.drive.empty')}
        </p>
      )}
      {mount?.allowed === true ? (
        <p className="k-inline k-drive">
          <Button variant="secondary" onClick={() => setInserts(true)}>
            {say('isos.insert')}
          </Button>
          <Button
            variant="secondary"
            isDisabled={eject.isPending}
            isLoading={eject.isPending}
            onClick={() => eject.mutate()}
          >
            {say('access.iso.eject')}
          </Button>
          <Button
            variant="link"
            isInline
            isDisabled={isFetching}
            isLoading={isFetching}
            onClick={() => void refetch()}
          >
            {say('isos.drive.look')}
          </Button>
          <Link to="/isos">{say('isos.bring')}</Link>
        </p>
      ) : (
        <p className="k-quiet">{mount !== undefined && refusalText(mount, say, language)}</p>
      )}
      <Refusal title={say('refused')} error={eject.error ?? error} />
      {inserts && (
        <IsoDialog
          servers={[server]}
          close={() => {
            setInserts(false);
            if (slots !== undefined) void refetch();
          }}
        />
      )}
    </section>
  );
}
