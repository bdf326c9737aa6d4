import { loadOpenApi, type OpenApi } from '../http/operations.ts';
import { TRAIT_FORMAT } from './traits.ts';

/** The bare metal API's own openapi.yaml. */
export function loadOpenstackApi(): Promise<OpenApi> {
  return loadOpenApi('openstack', { trait: TRAIT_FORMAT });
}
