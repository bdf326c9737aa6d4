import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { EmptyState, EmptyStateBody } from '@patternfly/react-core/dist/dynamic/components/EmptyState';
import { ActionGroup, Form } from '@patternfly/react-core/dist/dynamic/components/Form';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { listing } from '../../api/listing.ts';
import { placeOrder, stock } from '../../api/orders.ts';
import type { Flavor, StockGroup } from '../../api/types.ts';
import { useSession } from '../../app/session.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Field } from '../../parts/field.tsx';
import { Loading } from '../../parts/loading.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { fieldOf, Refusal } from '../../parts/refusal.tsx';
import { useText } from '../../text/text.ts';
import { type ImageFields, ImageFieldset, imageOf, NO_IMAGE } from './image-fieldset.tsx';
import { QuotaLeft } from './quota-left.tsx';
import { RaidChoice } from './raid-choice.tsx';
import { groupKey, StockChoice, wantOf } from './stock-choice.tsx';

const FIELDS = ['project', 'count', 'names', 'name', 'vlan_id', 'image', 'raid_config', 'flavor'] as const;

/** Takes servers from stock. */
export function NewOrder() {
  const say = useText();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { session } = useSession();
  const [fields, setFields] = useState({ project: '', count: '1', name: '', names: '', vlan_id: '' });
  const [image, setImage] = useState<ImageFields>(NO_IMAGE);
  const [chosen, setChosen] = useState<StockGroup | null>(null);
  const [raid, setRaid] = useState<string | null>(null);
  const { data, error, refetch } = useQuery(stock(null));
  const flavors = useInfiniteQuery(listing<Flavor>('/lifecycle/v1/flavors', 'flavors')).data ?? [];
  const order = useMutation({
    mutationFn: placeOrder,
    onSuccess: (made) => {
      client.setQueryData(['orders', 'one', made.uuid], made);
      void client.invalidateQueries({ queryKey: ['orders', 'pages'] });
      void navigate(`/orders/${made.uuid}`);
    },
  });
  if (error !== null && data === undefined) return <Failure error={error} again={() => void refetch()} />;
  if (data === undefined) return <Loading />;
  const group =
    chosen === null ? null : (data.stock.find((one) => groupKey(one) === groupKey(chosen)) ?? chosen);
  const layout = group?.raid_layouts.find(({ raid_level }) => raid_level === raid) ?? null;
  const refused = fieldOf(order.error, FIELDS);
  const field = (name: keyof typeof fields) => ({
    id: `order-${name}`,
    value: fields[name],
    onChange: (value: string) => setFields((before) => ({ ...before, [name]: value })),
    refused: refused === name ? order.error?.message : null,
  });

  function submit(): void {
    if (group === null) return;
    const names = fields.names.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
    order.mutate({
      ...wantOf(group),
      count: Number(fields.count),
      availability_zone: group.availability_zone,
      ...(fields.project === '' ? {} : { project: fields.project }),
      ...(fields.name === '' ? {} : { name: fields.name }),
      ...(names.length === 0 ? {} : { names }),
      ...(fields.vlan_id === '' ? {} : { vlan_id: Number(fields.vlan_id) }),
      ...(layout === null ? {} : { raid_config: layout.raid_config }),
      image: imageOf(image),
    });
  }

  return (
    <>
      <PageHead title={say('order.new')} above={<Link to="/orders">{say('nav.orders')}</Link>} />
      {data.stock.length === 0 ? (
        <EmptyState titleText={say('order.nostock')} headingLevel="h2" variant="sm">
          <EmptyStateBody>{say('order.nostock.body')}</EmptyStateBody>
        </EmptyState>
      ) : (
        <Form
          className="k-form"
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <Refusal title={say('refused')} error={order.error} />
          <StockChoice
            groups={data.stock}
            flavors={new Map(flavors.map(({ uuid, name }) => [uuid, name]))}
            chosen={group}
            choose={(one) => {
              setChosen(one);
              setRaid(null);
            }}
          />
          {group !== null && (
            <>
              <div className="k-fields">
                <Field
                  {...field('count')}
                  label={say('order.count')}
                  type="number"
                  min={1}
                  max={500}
                  required
                  help={say('order.instock', { count: group.count })}
                />
                {session.system && (
                  <Field
                    {...field('project')}
                    label={say('order.project')}
                    required
                    help={say('order.project.help')}
                  />
                )}
                <Field {...field('name')} label={say('order.name')} maxLength={255} />
                <Field {...field('vlan_id')} label={say('order.vlan')} type="number" min={1} max={4094} />
                <Field
                  {...field('names')}
                  label={say('order.names')}
                  lines={3}
                  help={say('order.names.help')}
                  wide
                />
              </div>
              <QuotaLeft project={session.project?.id ?? fields.project} />
              <RaidChoice layouts={group.raid_layouts} chosen={raid} choose={setRaid} />
              <ImageFieldset
                image={image}
                setImage={setImage}
                refused={refused === 'image' ? (order.error?.message ?? null) : null}
              />
              <ActionGroup>
                <Button type="submit" isLoading={order.isPending} isDisabled={order.isPending}>
                  {say('order.place', { count: Number(fields.count) || 0 })}
                </Button>
                <Button variant="link" onClick={() => void navigate('/orders')}>
                  {say('cancel')}
                </Button>
              </ActionGroup>
            </>
          )}
        </Form>
      )}
    </>
  );
}
