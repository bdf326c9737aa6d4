import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Store } from '../db/store.ts';
import { parseImageSource } from '../lifecycle/image-source.ts';
import { type BootFacts, type BootFile, bootPlan } from './script.ts';
import { notFound, type Sources, sendSource } from './send-source.ts';

const PATH = /^\/boot-files\/([0-9a-f-]{36})\/(kernel|ramdisk|iso)$/;

/**
 * Answers GET and HEAD of a kernel, ramdisk or ISO that a node is to boot now and that is an image of Glance or a file:
 * nothing else that either has. What others may not see in Glance is not sent.
 * @returns false when the path is none of these.
 */
export async function sendBootFile(
  options: Sources & { store: { nodes: Pick<Store['nodes'], 'get'> }; facts: BootFacts },
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const [, node_uuid, file] = PATH.exec(path) ?? [];
  if (node_uuid === undefined || file === undefined) return false;
  const node = await options.store.nodes.get(node_uuid);
  const plan = node === null ? null : bootPlan(node, options.facts, null);
  const files: Partial<Record<BootFile, string>> =
    plan === null || plan.boot === 'disk' || plan.boot === 'nothing'
      ? {}
      : plan.boot === 'iso'
        ? { iso: plan.url }
        : { kernel: plan.kernel, ramdisk: plan.ramdisk };
  const source = parseImageSource(files[file as BootFile] ?? '');
  if ('problem' in source) notFound(response);
  else await sendSource(options, source, { any_project: false }, request, response);
  return true;
}
