import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Form } from '@patternfly/react-core/dist/dynamic/components/Form';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { leases, makeLease, revokeLease } from '../../api/leases.ts';
import type { Lease, ServerDetail } from '../../api/types.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Field } from '../../parts/field.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Outcome } from '../../parts/outcome.tsx';
import { Refusal } from '../../parts/refusal.tsx';
import { Rows, Value } from '../../parts/rows.tsx';
import { Summary } from '../../parts/summary.tsx';
import { Time } from '../../parts/time.tsx';
import { refusalText } from '../../text/tell.ts';
import { useLanguage, useText } from '../../text/text.ts';
import { Drive } from '../isos/drive.tsx';

const HOUR_S = 3600;

/** Handing the BMC out: accounts for a while, and the virtual CD drive. */
export function Access({ server }: { server: ServerDetail }) {
  return (
    <>
      <Leases server={server} />
      <Drive server={server} />
    </>
  );
}

function Leases({ server }: { server: ServerDetail }) {
  const say = useText();
  const language = useLanguage();
  const client = useQueryClient();
  const [fields, setFields] = useState({ access: 'direct', role: 'operator', hours: '8' });
  const [leaving, setLeaving] = useState<Lease | null>(null);
  const { data, error, refetch } = useQuery(leases(server.uuid));
  const again = () => client.invalidateQueries({ queryKey: ['leases', server.uuid] });
  const make = useMutation({
    mutationFn: () =>
      makeLease(server.uuid, {
        access: fields.access,
        role: fields.role,
        lifetime_s: Math.round(Number(fields.hours) * HOUR_S),
      }),
    onSettled: again,
  });
  const revoke = useMutation({
    mutationFn: (lease: Lease) => revokeLease(server.uuid, lease.uuid),
    onSettled: again,
  });
  const tool = server.tools.find((one) => one.tool === 'bmc-access');
  const set = (name: keyof typeof fields) => (value: string) =>
    setFields((before) => ({ ...before, [name]: value }));
  return (
    <section>
      <h2 className="k-subtitle">{say('access.leases')}</h2>
      {tool?.allowed === true ? (
        <Form
          className="k-form k-row-form"
          aria-label={say('access.new')}
          onSubmit={(event) => {
            event.preventDefault();
            make.mutate();
          }}
        >
          <Field
            id="lease-access"
            label={say('access.how')}
            value={fields.access}
            onChange={set('access')}
            choices={(['direct', 'gateway'] as const).map((value) => ({
              value,
              label: say(`access.${value}`),
            }))}
          />
          <Field
            id="lease-role"
            label={say('access.role')}
            value={fields.role}
            onChange={set('role')}
            choices={(['operator', 'read-only'] as const).map((value) => ({
              value,
              label: say(`access.role.${value}`),
            }))}
          />
          <Field
            id="lease-hours"
            label={say('access.hours')}
            value={fields.hours}
            onChange={set('hours')}
            type="number"
            min={1}
            max={720}
            required
          />
          <Button type="submit" isLoading={make.isPending} isDisabled={make.isPending}>
            {say('access.make')}
          </Button>
        </Form>
      ) : (
        <p className="k-quiet">{tool && refusalText(tool, say, language)}</p>
      )}
      <Refusal title={say('refused')} error={make.error ?? revoke.error} />
      {make.data !== undefined && (
        <Alert variant="success" isInline component="h3" title={say('access.once')} className="k-once">
          <p>{say('access.once.body')}</p>
          <Summary
            facts={[
              [say('access.address'), <code key="a">{make.data.address ?? '–'}</code>],
              [say('access.username'), <code key="u">{make.data.username}</code>],
              [say('access.password'), <code key="p">{make.data.password}</code>],
              [say('access.until'), <Time key="t" time={make.data.expires_at} />],
            ]}
          />
        </Alert>
      )}
      {error !== null && <Failure error={error} again={() => void refetch()} />}
      {data === undefined && error === null && <Loading />}
      {data !== undefined && data.length === 0 && <p className="k-quiet">{say('access.none')}</p>}
      {data !== undefined && data.length > 0 && (
        <Rows
          label={say('access.leases')}
          rows={data}
          keyOf={({ uuid }) => uuid}
          columns={[
            {
              key: 'username',
              label: say('access.username'),
              cell: ({ username }) => <Value mono>{username}</Value>,
            },
            {
              key: 'state',
              label: say('column.provision_state'),
              cell: ({ state }) => <Outcome state={state} />,
            },
            { key: 'access', label: say('access.how'), cell: ({ access }) => say(`access.${access}`) },
            { key: 'role', label: say('access.role'), cell: ({ role }) => say(`access.role.${role}`) },
            {
              key: 'address',
              label: say('access.address'),
              cell: ({ address }) => <Value mono>{address}</Value>,
            },
            {
              key: 'until',
              label: say('access.until'),
              cell: ({ expires_at }) => <Time time={expires_at} />,
            },
            { key: 'user', label: say('access.user'), cell: ({ user }) => <Value>{user}</Value> },
            {
              key: say('column.actions'),
              label: '',
              cell: (lease) =>
                lease.state === 'active' || lease.state === 'pending' ? (
                  <Button
                    variant="link"
                    isInline
                    isDanger
                    aria-label={say('access.revoke.one', { name: lease.username })}
                    onClick={() => setLeaving(lease)}
                  >
                    {say('access.revoke')}
                  </Button>
                ) : null,
            },
          ]}
        />
      )}
      {leaving !== null && (
        <Confirm
          title={say('access.revoke.one', { name: leaving.username })}
          go={say('access.revoke')}
          close={() => setLeaving(null)}
          run={() => revoke.mutate(leaving)}
        >
          {say('access.revoke.body')}
        </Confirm>
      )}
    </section>
  );
}
