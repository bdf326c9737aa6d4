import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from 'react-router';
import { listing } from '../../api/listing.ts';
import { ORDERS } from '../../api/orders.ts';
import type { Order } from '../../api/types.ts';
import { Outcome } from '../../parts/outcome.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Listing, Value } from '../../parts/rows.tsx';
import { Time } from '../../parts/time.tsx';
import { useText } from '../../text/text.ts';

/** Orders of the project, or of all; newest first. */
export function OrderList() {
  const say = useText();
  const navigate = useNavigate();
  const query = useInfiniteQuery(listing<Order>(ORDERS, 'orders'));
  return (
    <>
      <PageHead title={say('nav.orders')}>
        <Button onClick={() => void navigate('/orders/new')}>{say('order.new')}</Button>
      </PageHead>
      <Listing
        query={query}
        empty={{
          title: say('order.none'),
          body: (
            <>
              {say('order.none.body')} <Link to="/orders/new">{say('order.new')}</Link>
            </>
          ),
        }}
        label={say('nav.orders')}
        keyOf={({ uuid }) => uuid}
        columns={[
          {
            key: 'name',
            label: say('column.name'),
            cell: ({ uuid, name }) => (
              <Link to={`/orders/${uuid}`} className="k-cell-link">
                <Value>{name ?? uuid.slice(0, 8)}</Value>
              </Link>
            ),
          },
          {
            key: 'state',
            label: say('column.provision_state'),
            cell: ({ state }) => <Outcome state={state} />,
          },
          { key: 'count', label: say('order.count'), cell: ({ count }) => count.toLocaleString() },
          {
            key: 'flavor',
            label: say('order.what'),
            cell: ({ flavor, model }) => <Value>{model ?? flavor}</Value>,
          },
          {
            key: 'zone',
            label: say('column.availability_zone'),
            cell: (order) => <Value>{order.availability_zone}</Value>,
          },
          { key: 'image', label: say('order.image'), cell: ({ image }) => <ImageName image={image} /> },
          { key: 'project', label: say('masthead.place'), cell: ({ project }) => <Value>{project}</Value> },
          { key: 'age', label: say('order.placed'), cell: ({ created_at }) => <Time time={created_at} /> },
        ]}
      />
    </>
  );
}

/** An image by the end of its URL, which tells it from others; the whole on hover. */
function ImageName({ image }: { image: string | null }) {
  const name = image
    ?.split(/[?#]/)[0]
    ?.split('/')
    .findLast((part) => part !== '');
  if (image === null || name === undefined) return <Value>{null}</Value>;
  return (
    <bdi className="k-cell" title={image}>
      {name}
    </bdi>
  );
}
