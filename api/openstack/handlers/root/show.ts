import { RoutingError } from '../../../http/wire-error.ts';
import type { Handler } from '../../handler.ts';
import { COLLECTIONS, MAX_MINOR, MIN_MINOR } from '../../microversions.ts';
import { linkPair } from '../../views/fields.ts';

function versionDocument(base_url: string) {
  return {
    id: 'v1',
    links: [{ href: `${base_url}/v1/`, rel: 'self' }],
    status: 'CURRENT',
    min_version: `1.${MIN_MINOR}`,
    version: `1.${MAX_MINOR}`,
  };
}

/** GET / */
export const showRoot: Handler = ({ base_url }) => ({
  status: 200,
  body: {
    name: 'OpenStack Ironic API',
    description: 'Kurogane provisions and manages bare metal machines; compatible with OpenStack Ironic.',
    default_version: versionDocument(base_url),
    versions: [versionDocument(base_url)],
  },
});

/** GET /v1: a link pair per collection that the requested version has. */
export const showV1: Handler = ({ base_url, minor }) => {
  const visible = Object.entries(COLLECTIONS).filter(([, collection_since]) => collection_since <= minor);
  return {
    status: 200,
    body: {
      id: 'v1',
      links: [
        { href: `${base_url}/v1/`, rel: 'self' },
        { href: `${base_url}/openapi.json`, rel: 'describedby', type: 'application/json' },
      ],
      media_types: { base: 'application/json', type: 'application/vnd.openstack.ironic.v1+json' },
      version: versionDocument(base_url),
      ...Object.fromEntries(visible.map(([name]) => [name, linkPair(base_url, `${name}/`)])),
    },
  };
};

/** GET /healthcheck, where `[healthcheck]enabled` is on. Nothing is looked at: that it answers is the answer. */
export const showHealth: Handler = (_request, api) => {
  if (!api.settings.healthcheck.enabled) throw new RoutingError(404, 'The resource could not be found.');
  return { status: 200 };
};

/** GET /openapi.json */
export const showOpenapi: Handler = (_request, api) => ({ status: 200, text: api.document });
