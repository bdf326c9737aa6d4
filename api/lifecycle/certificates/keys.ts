import type { LifecycleHandler } from '../handler.ts';

/** GET /v1/certificate-keys: the public keys that certificates are checked with. */
export const listCertificateKeys: LifecycleHandler = async (_request, api) => ({
  status: 200,
  body: { keys: await api.store.erase_certificates.keys() },
});
