import type { Repository } from '../../db/store.ts';
import { serviceError } from '../../lifecycle/errors.ts';
import type { Stored } from '../../lifecycle/records.ts';
import { isUuidLike, LOGICAL_NAME } from '../http/value-syntax.ts';
import type { ApiRequest } from './handler.ts';
import { withJsonSuffix } from './node-access.ts';

/**
 * The record behind a uuid or name of the path.
 * @throws InvalidParameterValue (neither a uuid nor a name), NotFound
 */
export async function requireByIdent<R extends Stored & { uuid: string }>(
  request: ApiRequest,
  table: Repository<R>,
  kind: string,
  ident: string,
): Promise<R> {
  const found = await withJsonSuffix(request, ident, async (name) => {
    if (isUuidLike(name)) return table.get(name.toLowerCase());
    if (!LOGICAL_NAME.test(name)) {
      throw serviceError('InvalidParameterValue', {
        why: `Expected a logical name or UUID but received ${name}.`,
      });
    }
    return table.getByName(name);
  });
  if (found === null) throw serviceError('NotFound', { kind, ident });
  return found;
}
