import type { EraseCertificateRecord } from '../../../lifecycle/erase-certificate.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { isoTime } from '../iso-time.ts';

/** A certificate in a list. */
export function certificateView(
  certificate: Pick<
    EraseCertificateRecord,
    'uuid' | 'created_at' | 'node_uuid' | 'custodian' | 'serial_number' | 'key_id'
  >,
): JsonObject {
  const { uuid, created_at, node_uuid, custodian, serial_number, key_id } = certificate;
  return { uuid, created_at: isoTime(created_at), node_uuid, custodian, serial_number, key_id };
}
