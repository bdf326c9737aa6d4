import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { EmptyState } from '@patternfly/react-core/dist/dynamic/components/EmptyState';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { deleteIso, type Iso, isoList } from '../../api/isos.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Copied } from '../../parts/copied.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Loading } from '../../parts/loading.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Refusal } from '../../parts/refusal.tsx';
import { Rows, Value } from '../../parts/rows.tsx';
import { Time } from '../../parts/time.tsx';
import { useLanguage, useText } from '../../text/text.ts';
import { sizeText } from './sizes.ts';
import { UploadForm } from './upload-form.tsx';
import '../../style/consoles.css';

/** Characters of a sum that tell it from others. */
const SUM_SHOWN = 12;

/** The ISO images of the project: bringing them, and taking them away. */
export function IsoPage() {
  const say = useText();
  const client = useQueryClient();
  const { data, error, refetch } = useQuery(isoList());
  const [leaving, setLeaving] = useState<Iso | null>(null);
  const [rest, setRest] = useState<Iso | null>(null);
  const remove = useMutation({
    mutationFn: ({ uuid }: Iso) => deleteIso(uuid),
    onSettled: () => client.invalidateQueries({ queryKey: ['isos'] }),
  });
  return (
    <>
      <PageHead title={say('isos.title')} />
      <p className="k-quiet k-gap-after">{say('isos.help')}</p>
      {rest !== null && (
        <p className="k-gap-after" role="status">
          {say('isos.rest', { name: rest.name })}{' '}
          <Button variant="link" isInline onClick={() => setRest(null)}>
            {say('isos.rest.not')}
          </Button>
        </p>
      )}
      <UploadForm key={rest?.uuid ?? ''} rest={rest} done={() => setRest(null)} />
      <Refusal title={say('refused')} error={remove.error} />
      {error !== null && <Failure error={error} again={() => void refetch()} />}
      {data === undefined && error === null && <Loading />}
      {data !== undefined && data.length === 0 && (
        <EmptyState titleText={say('isos.none')} headingLevel="h2" variant="sm" />
      )}
      {data !== undefined && data.length > 0 && (
        <section className="k-gap">
          <IsoRows isos={data} goOn={setRest} remove={setLeaving} />
        </section>
      )}
      {leaving !== null && (
        <Confirm
          title={say('isos.delete.one', { name: leaving.name })}
          go={say('isos.delete')}
          close={() => setLeaving(null)}
          run={() => remove.mutate(leaving)}
        >
          {say('isos.delete.body')}
        </Confirm>
      )}
    </>
  );
}

function IsoRows({
  isos,
  goOn,
  remove,
}: {
  isos: readonly Iso[];
  goOn: (iso: Iso) => void;
  remove: (iso: Iso) => void;
}) {
  const say = useText();
  const language = useLanguage();
  const percent = ({ received_bytes, size_bytes }: Iso): number =>
    Math.floor((100 * received_bytes) / size_bytes);
  return (
    <Rows
      label={say('isos.title')}
      rows={isos}
      keyOf={({ uuid }) => uuid}
      columns={[
        { key: 'name', label: say('isos.name'), cell: ({ name }) => <Value>{name}</Value> },
        {
          key: 'size',
          label: say('isos.size'),
          cell: ({ size_bytes }) => <span className="k-nowrap">{sizeText(size_bytes, language)}</span>,
        },
        {
          key: 'state',
          label: say('column.provision_state'),
          cell: (iso) => (
            <span className={`k-nowrap k-iso k-iso-${iso.state}`}>
              {say(`isos.state.${iso.state}`, { percent: percent(iso) })}
            </span>
          ),
        },
        {
          key: 'sha256',
          label: 'SHA-256',
          cell: ({ sha256, name }) =>
            sha256 && (
              <Copied text={sha256} name={`SHA-256, ${name}`}>
                <span className="k-mono" title={sha256}>
                  {sha256.slice(0, SUM_SHOWN)}…
                </span>
              </Copied>
            ),
        },
        { key: 'project', label: say('audit.project'), cell: ({ project }) => <Value>{project}</Value> },
        { key: 'until', label: say('isos.until'), cell: ({ expires_at }) => <Time time={expires_at} /> },
        {
          key: say('column.actions'),
          label: '',
          cell: (iso) => (
            <span className="k-inline k-nowrap">
              {iso.state === 'uploading' && (
                <Button
                  variant="link"
                  isInline
                  aria-label={say('isos.go-on.one', { name: iso.name })}
                  onClick={() => goOn(iso)}
                >
                  {say('isos.go-on')}
                </Button>
              )}
              <Button
                variant="link"
                isInline
                isDanger
                aria-label={say('isos.delete.one', { name: iso.name })}
                onClick={() => remove(iso)}
              >
                {say('isos.delete')}
              </Button>
            </span>
          ),
        },
      ]}
    />
  );
}
