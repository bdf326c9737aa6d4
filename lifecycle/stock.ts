import type { OrderRequest } from './orders.ts';

const UUID = /^[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}$/i;

/** Fields of a server that is in stock: verified, clean, whole, and nobody's. */
export const IN_STOCK = {
  stage: 'inventory',
  provision_state: 'available',
  order_uuid: null,
  lessee: null,
  maintenance: false,
  retired: false,
  attention: false,
} as const;

/** A flavor: its uuid, or a resource class. */
export function flavorIs(flavor: string): { flavor_uuid: string } | { resource_class: string } {
  return UUID.test(flavor) ? { flavor_uuid: flavor.toLowerCase() } : { resource_class: flavor };
}

/** A model: its uuid, or a product's name. */
export function modelIs(model: string): { model_uuid: string } | { product_name: string } {
  return UUID.test(model) ? { model_uuid: model.toLowerCase() } : { product_name: model };
}

/** Fields of the servers in stock that an order may take. Pure. */
export function stockMatch({
  flavor,
  model,
  availability_zone,
}: Pick<OrderRequest, 'flavor' | 'model' | 'availability_zone'>) {
  return {
    ...IN_STOCK,
    ...(flavor === null ? {} : flavorIs(flavor)),
    ...(model === null ? {} : modelIs(model)),
    ...(availability_zone === null ? {} : { availability_zone }),
  };
}
