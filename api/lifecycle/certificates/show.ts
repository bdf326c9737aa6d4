import { serviceError } from '../../../lifecycle/errors.ts';
import { isUuidLike } from '../../http/value-syntax.ts';
import type { LifecycleHandler } from '../handler.ts';
import { certificateScope } from './access.ts';
import { certificateView } from './view.ts';

/** GET /v1/certificates/{certificate}: what `kurogane verify-certificate` takes. The document is a text: every byte of it is signed. */
export const showCertificate: LifecycleHandler = async ({ params, caller }, api) => {
  const scope = certificateScope(api, caller);
  const ident = params.certificate ?? '';
  const found = isUuidLike(ident) ? await api.store.erase_certificates.get(ident.toLowerCase()) : null;
  if (found === null || (scope.custodian !== undefined && found.custodian !== scope.custodian))
    throw serviceError('NotFound', { kind: 'Certificate', ident });
  const { document, signature } = found;
  return { status: 200, body: { ...certificateView(found), document, signature } };
};
