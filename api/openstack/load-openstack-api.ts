import { loadOpenApi, type OpenApi } from '../http/operations.ts';
import { NETWORK_DATA_FORMATS } from './network-data.ts';
import { TRAIT_FORMAT } from './traits.ts';

/** The bare metal API's own openapi.yaml. */
export function loadOpenstackApi(): Promise<OpenApi> {
  return loadOpenApi('openstack', { trait: TRAIT_FORMAT, ...NETWORK_DATA_FORMATS });
}
