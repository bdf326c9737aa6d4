import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { leftOf, quotaOf } from '../../api/quotas.ts';
import { useSession } from '../../app/session.tsx';
import { useText } from '../../text/text.ts';
import { QuotaDialog } from '../quotas/quota-dialog.tsx';

/** How many servers a project may still order; an operator changes it here. */
export function QuotaLeft({ project }: { project: string }) {
  const say = useText();
  const { system } = useSession().session;
  const [editing, setEditing] = useState(false);
  const { data } = useQuery(quotaOf(useDeferredValue(project.trim())));
  if (data === undefined) return null;
  const { servers, used, ordered } = data;
  const left = leftOf(data);
  return (
    <div className={left === 0 ? 'k-quota k-quota-none' : 'k-quota'} aria-live="polite">
      {servers === null || left === null
        ? say('quota.told.unlimited', { used, ordered })
        : say('quota.told', { left, count: servers, used, ordered })}
      {system && (
        <Button variant="link" isInline onClick={() => setEditing(true)}>
          {say('quota.change')}
        </Button>
      )}
      {editing && <QuotaDialog quota={data} close={() => setEditing(false)} />}
    </div>
  );
}
