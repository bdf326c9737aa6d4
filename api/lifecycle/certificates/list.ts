import { serviceError } from '../../../lifecycle/errors.ts';
import { requireUuid } from '../../http/value-syntax.ts';
import type { LifecycleHandler } from '../handler.ts';
import { readLimit } from '../page.ts';
import { certificateScope } from './access.ts';
import { certificateView } from './view.ts';

/** GET /v1/certificates: erase certificates, newest first, without their documents. */
export const listCertificates: LifecycleHandler = async ({ query, caller, base_url }, api) => {
  const scope = certificateScope(api, caller);
  const limit = readLimit(query.limit, api.settings.api.max_limit);
  const after =
    query.marker === undefined ? null : await api.store.erase_certificates.get(requireUuid(query.marker));
  if (query.marker !== undefined && after === null)
    throw serviceError('NotFound', { kind: 'Marker', ident: query.marker });
  const { server, serial_number } = query;
  // One more than shown tells whether there is a next page.
  const found = await api.store.erase_certificates.list({
    where: {
      ...scope,
      ...(server === undefined ? {} : { node_uuid: requireUuid(server).toLowerCase() }),
      ...(serial_number === undefined ? {} : { serial_number }),
    },
    fields: ['uuid', 'created_at', 'node_uuid', 'custodian', 'serial_number', 'key_id'],
    sort_dir: 'desc',
    limit: limit + 1,
    ...(after === null ? {} : { after_id: after.id }),
  });
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const rest = new URLSearchParams({ ...query, limit: String(limit), marker: last?.uuid ?? '' });
  const next = found.length > limit ? { next: `${base_url}/lifecycle/v1/certificates?${rest}` } : {};
  return { status: 200, body: { certificates: shown.map(certificateView), ...next } };
};
