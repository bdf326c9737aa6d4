import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { listing } from '../../api/listing.ts';
import { leftOf, QUOTAS } from '../../api/quotas.ts';
import type { Quota } from '../../api/types.ts';
import { MissingPage } from '../../app/missing-page.tsx';
import { useSession } from '../../app/session.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Listing, Value } from '../../parts/rows.tsx';
import { useText } from '../../text/text.ts';
import { QuotaDialog } from './quota-dialog.tsx';

/** How many servers projects may have, have and await. */
export function QuotasPage() {
  const { system } = useSession().session;
  return system ? <Quotas /> : <MissingPage />;
}

function Quotas() {
  const say = useText();
  const [editing, setEditing] = useState<Quota | 'new' | null>(null);
  const query = useInfiniteQuery(listing<Quota>(QUOTAS, 'quotas'));
  return (
    <>
      <PageHead title={say('nav.quotas')}>
        <Button onClick={() => setEditing('new')}>{say('quota.set.title')}</Button>
      </PageHead>
      <Listing
        query={query}
        empty={{ title: say('quota.none'), body: say('quota.none.body') }}
        label={say('nav.quotas')}
        keyOf={({ project }) => project}
        columns={[
          { key: 'project', label: say('quota.project'), cell: ({ project }) => <Value>{project}</Value> },
          { key: 'servers', label: say('quota.servers'), cell: ({ servers }) => servers },
          { key: 'used', label: say('quota.used'), cell: ({ used }) => used },
          { key: 'ordered', label: say('quota.ordered'), cell: ({ ordered }) => ordered },
          { key: 'left', label: say('quota.left'), cell: (quota) => leftOf(quota) },
          {
            key: say('column.actions'),
            label: '',
            cell: (quota) => (
              <Button
                variant="link"
                isInline
                aria-label={say('quota.change.of', { project: quota.project })}
                onClick={() => setEditing(quota)}
              >
                {say('quota.change')}
              </Button>
            ),
          },
        ]}
      />
      {editing !== null && (
        <QuotaDialog quota={editing === 'new' ? null : editing} close={() => setEditing(null)} />
      )}
    </>
  );
}
