import type { Tables } from '../../../../db/store.ts';
import { serviceError } from '../../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../../lifecycle/json.ts';
import type { NodeRecord } from '../../../../lifecycle/records.ts';
import { audited } from '../../audited.ts';
import type { Api, ApiRequest, Handler } from '../../handler.ts';
import { findNodeFor } from '../../node-access.ts';
import { isTrait, MAX_TRAITS } from '../../traits.ts';

const LIST = 'baremetal:node:traits:list';
const SET = 'baremetal:node:traits:set';
const DELETE = 'baremetal:node:traits:delete';

/** GET /v1/nodes/{node}/traits */
export const listTraits: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, LIST);
  return { status: 200, body: { traits: [...node.traits].sort() } };
};

/** PUT /v1/nodes/{node}/traits: replaces all. */
export const replaceTraits: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, SET);
  const traits = [...new Set((request.body as JsonObject).traits as string[])];
  refuseTooMany(traits.length);
  await change(api, request, node, traits, { traits }, (tables) => tables.nodes.setTraits(node.uuid, traits));
  return { status: 204 };
};

/** PUT /v1/nodes/{node}/traits/{trait} */
export const addTrait: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, SET);
  const trait = requireTrait(request.params.trait ?? '');
  const traits = [...new Set([...node.traits, trait])];
  refuseTooMany(traits.length);
  await change(api, request, node, traits, { trait }, (tables) => tables.nodes.addTrait(node.uuid, trait));
  const path = `nodes/${encodeURIComponent(request.params.node ?? '')}/traits/${trait}`;
  return { status: 204, headers: { Location: `${request.base_url}/v1/${path}` } };
};

/** DELETE /v1/nodes/{node}/traits */
export const clearTraits: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, DELETE);
  await change(api, request, node, [], {}, (tables) => tables.nodes.setTraits(node.uuid, []));
  return { status: 204 };
};

/** DELETE /v1/nodes/{node}/traits/{trait} */
export const removeTrait: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, DELETE);
  const trait = request.params.trait ?? '';
  const traits = node.traits.filter((one) => one !== trait);
  await change(api, request, node, traits, { trait }, async (tables) => {
    const removed = await tables.nodes.removeTrait(node.uuid, trait);
    if (!removed) throw serviceError('NotFound', { kind: `Node ${node.uuid}: trait`, ident: trait });
  });
  return { status: 204 };
};

/** Changes the traits of a node that nothing holds; to those who listen it is an update of the node. */
async function change(
  api: Api,
  request: ApiRequest,
  node: NodeRecord,
  traits: string[],
  detail: JsonObject,
  write: (tables: Tables) => Promise<unknown>,
): Promise<void> {
  const record = { ...node, traits: [...traits].sort() };
  await api.conductor.announce({ object: 'node', action: 'update', record }, () =>
    api.conductor.withNodeUnlocked(node, () =>
      audited(api, request, { node_uuid: node.uuid, detail }, async (tables) => {
        await write(tables);
      }),
    ),
  );
}

function requireTrait(trait: string): string {
  if (isTrait(trait)) return trait;
  throw serviceError('InvalidParameterValue', {
    why: `"${trait}" is no trait: use a standard one or CUSTOM_ followed by A-Z, 0-9 and _.`,
  });
}

function refuseTooMany(count: number): void {
  if (count <= MAX_TRAITS) return;
  throw serviceError('InvalidParameterValue', { why: `A node can have at most ${MAX_TRAITS} traits.` });
}
