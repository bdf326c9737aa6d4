import { loadOpenstackApi } from '../../../api/openstack/load-openstack-api.ts';
import { describeAudited } from './describe-audited.ts';

const { operations } = await loadOpenstackApi();

describe('the audit of the bare metal API', () => {
  describeAudited({
    ...{ api: 'api', prefix: '', operations },
    // Ramdisks report by themselves, and Neutron's events are only heard.
    silent: /^(ramdisk|events)\./,
    // The fake hardware has none.
    without_success: /^(nodes|drivers)\.vendor_passthru\./,
  });
});
