import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { Link } from 'react-router';
import { ask } from '../../api/http.ts';
import { listing } from '../../api/listing.ts';
import type { Certificate } from '../../api/types.ts';
import { Copied } from '../../parts/copied.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Refusal } from '../../parts/refusal.tsx';
import { Listing, Value } from '../../parts/rows.tsx';
import { saveFile } from '../../parts/save-file.ts';
import { Time } from '../../parts/time.tsx';
import { useText } from '../../text/text.ts';

const CERTIFICATES = '/lifecycle/v1/certificates';
const COMMAND = 'kurogane verify-certificate certificate.json --key provider.pem';

/** Proofs that disks were erased, to be kept. */
export function CertificateList() {
  const say = useText();
  const query = useInfiniteQuery(listing<Certificate>(CERTIFICATES, 'certificates'));
  const { mutate, error } = useMutation({
    mutationFn: async ({ path, name }: { path: string; name: string }) =>
      saveFile(name, 'application/json', `${JSON.stringify(await ask(path), null, 2)}\n`),
  });
  return (
    <>
      <PageHead title={say('nav.certificates')}>
        <Button
          variant="secondary"
          onClick={() => mutate({ path: '/lifecycle/v1/certificate-keys', name: 'certificate-keys.json' })}
        >
          {say('certificate.keys')}
        </Button>
      </PageHead>
      <Refusal title={say('refused')} error={error} />
      <Listing
        query={query}
        empty={{ title: say('certificate.none'), body: say('certificate.none.body') }}
        label={say('nav.certificates')}
        keyOf={({ uuid }) => uuid}
        columns={[
          {
            key: 'issued',
            label: say('certificate.issued'),
            cell: ({ created_at }) => <Time time={created_at} />,
          },
          {
            key: 'serial',
            label: say('column.serial_number'),
            cell: ({ serial_number, node_uuid }) => (
              <Link to={`/servers/${node_uuid}`} className="k-mono" title={node_uuid}>
                <bdi>{serial_number ?? node_uuid.slice(0, 8)}</bdi>
              </Link>
            ),
          },
          {
            key: 'custodian',
            label: say('certificate.custodian'),
            cell: ({ custodian }) => <Value>{custodian}</Value>,
          },
          {
            key: 'uuid',
            label: say('certificate.uuid'),
            cell: ({ uuid }) => (
              <Copied text={uuid} name={`UUID ${uuid.slice(0, 8)}`}>
                <span className="k-mono" title={uuid}>
                  {uuid.slice(0, 8)}
                </span>
              </Copied>
            ),
          },
          {
            key: say('column.actions'),
            label: '',
            cell: ({ uuid, serial_number, node_uuid }) => (
              <Button
                variant="link"
                isInline
                aria-label={say('certificate.download.one', { serial: serial_number ?? node_uuid })}
                onClick={() => mutate({ path: `${CERTIFICATES}/${uuid}`, name: `certificate-${uuid}.json` })}
              >
                {say('certificate.download')}
              </Button>
            ),
          },
        ]}
      />
      <h2 className="k-subtitle k-gap">{say('certificate.verify')}</h2>
      <p className="k-quiet">{say('certificate.verify.body')}</p>
      <pre className="k-command">{COMMAND}</pre>
    </>
  );
}
