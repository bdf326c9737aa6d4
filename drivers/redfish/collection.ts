import { DriverError } from '../contract.ts';
import type { Call } from './call.ts';
import type { RedfishClient } from './client.ts';
import { linksIn, type Resource, textIn } from './resources.ts';

/** More members than this are no server's; a page may have one member only. */
const MAX_MEMBERS = 512;

/**
 * The paths of all members of a collection, page after page (DSP0266 8.4.4, `Members@odata.nextLink`).
 * @throws DriverError `unsupported` when there is no end of them
 */
export async function membersOf(client: RedfishClient, call: Call, collection: string): Promise<string[]> {
  const members: string[] = [];
  let pages = 0;
  for (let page: string | null = collection; page !== null; pages += 1) {
    if (members.length > MAX_MEMBERS || pages > MAX_MEMBERS)
      throw new DriverError('unsupported', `${client.name}: ${collection} has no end of members.`);
    const { body } = await client.get(call, page);
    members.push(...linksIn(body, 'Members'));
    page = textIn(body, 'Members@odata.nextLink');
  }
  return members;
}

/** Reads what links lead to, one after the other. @throws DriverError `unsupported` when they are more than any server's */
export async function readAll(
  client: RedfishClient,
  call: Call,
  links: readonly string[],
): Promise<Resource[]> {
  if (links.length > MAX_MEMBERS)
    throw new DriverError('unsupported', `${client.name}: The BMC gives ${links.length} links in one place.`);
  const found: Resource[] = [];
  for (const link of links) found.push(await client.get(call, link));
  return found;
}
