import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { changeOrder, orderDetail } from '../../api/orders.ts';
import type { OrderDetail, OrderLine } from '../../api/types.ts';
import { Age } from '../../parts/age.tsx';
import { Confirm } from '../../parts/confirm.tsx';

import { Failure } from '../../parts/failure.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Outcome } from '../../parts/outcome.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Refusal } from '../../parts/refusal.tsx';
import { type RowColumn, Rows, Value } from '../../parts/rows.tsx';
import { Summary } from '../../parts/summary.tsx';
import { Time } from '../../parts/time.tsx';
import { type Say, useText } from '../../text/text.ts';
import { OrderProgress } from './order-progress.tsx';

/** An order, and how far each of its servers is: live. */
export function OrderPage() {
  const say = useText();
  const { order: uuid = '' } = useParams();
  const { data: order, error, refetch } = useQuery(orderDetail(uuid));
  if (error !== null && order === undefined) return <Failure error={error} again={() => void refetch()} />;
  if (order === undefined) return <Loading />;
  return (
    <>
      <PageHead
        title={<bdi>{order.name ?? say('order.one', { id: uuid.slice(0, 8) })}</bdi>}
        above={<Link to="/orders">{say('nav.orders')}</Link>}
      >
        <Outcome state={order.state} />
        <OrderActions order={order} say={say} />
      </PageHead>
      {error !== null && <Failure error={error} again={() => void refetch()} />}
      <OrderProgress order={order} />
      <Summary
        facts={[
          [
            'UUID',
            <Value key="uuid" mono>
              {order.uuid}
            </Value>,
          ],
          [
            say('order.what'),
            <Value key="what">{[order.model, order.flavor].filter(Boolean).join(' · ')}</Value>,
          ],
          [say('column.availability_zone'), <Value key="zone">{order.availability_zone}</Value>],
          [say('order.raid'), <Value key="raid">{order.raid_config?.logical_disks?.[0]?.raid_level}</Value>],
          [say('order.image'), <Value key="image">{order.image}</Value>],
          [say('column.vlan_id'), <Value key="vlan">{order.vlan_id}</Value>],
          [say('masthead.place'), <Value key="project">{order.project}</Value>],
          [say('order.placed'), <Time key="placed" time={order.created_at} />],
          [say('order.finished'), <Time key="finished" time={order.finished_at} />],
        ]}
      />
      <Rows
        label={say('order.servers')}
        rows={order.servers}
        keyOf={({ position }) => String(position)}
        columns={lineColumns(say)}
      />
    </>
  );
}

function lineColumns(say: Say): RowColumn<OrderLine>[] {
  return [
    { key: 'position', label: '#', cell: ({ position }) => position + 1 },
    { key: 'name', label: say('column.name'), cell: ({ name }) => <Value>{name}</Value> },
    { key: 'state', label: say('column.provision_state'), cell: ({ state }) => <Outcome state={state} /> },
    {
      key: 'server',
      label: say('list.title'),
      cell: ({ server_uuid }) =>
        server_uuid === null ? (
          <Value>{null}</Value>
        ) : (
          <Link to={`/servers/${server_uuid}`} className="k-mono" title={server_uuid}>
            {server_uuid.slice(0, 8)}
          </Link>
        ),
    },
    { key: 'attempts', label: say('order.attempts'), cell: ({ attempts }) => attempts },
    { key: 'tried', label: say('order.tried'), cell: ({ tried }) => tried.length },
    {
      key: 'why',
      label: say('order.why'),
      cell: ({ last_error }) => <span className="k-why">{last_error ?? ''}</span>,
    },
    { key: 'updated', label: say('order.updated'), cell: ({ updated_at }) => <Age since={updated_at} /> },
  ];
}

function OrderActions({ order, say }: { order: OrderDetail; say: Say }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const { mutate, isPending, error } = useMutation({
    mutationFn: (verb: 'cancel' | 'again') => changeOrder(order.uuid, verb),
    onSuccess: (answer) => {
      client.setQueryData(['orders', 'one', answer.uuid], answer);
      if (answer.uuid !== order.uuid) void navigate(`/orders/${answer.uuid}`);
      return client.invalidateQueries({ queryKey: ['orders', 'pages'] });
    },
  });
  const failed = order.progress.failed ?? 0;
  return (
    <>
      <Refusal title={say('refused')} error={error} />
      {order.state !== 'open' && failed > 0 && (
        <Button isLoading={isPending} isDisabled={isPending} onClick={() => mutate('again')}>
          {say('order.again', { count: failed })}
        </Button>
      )}
      {order.state === 'open' && (
        <Button
          variant="secondary"
          isDisabled={order.cancelled_at !== null || isPending}
          onClick={() => setAsking(true)}
        >
          {order.cancelled_at === null ? say('order.cancel') : say('order.cancelling')}
        </Button>
      )}
      {asking && (
        <Confirm
          title={say('order.cancel')}
          go={say('order.cancel')}
          close={() => setAsking(false)}
          run={() => mutate('cancel')}
        >
          {say('order.cancel.body')}
        </Confirm>
      )}
    </>
  );
}
