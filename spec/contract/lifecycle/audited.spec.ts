import { loadOpenApi } from '../../../api/http/operations.ts';
import { describeAudited } from '../api/describe-audited.ts';

const { operations } = await loadOpenApi('lifecycle');

describe('the audit of the life-cycle API', () => {
  describeAudited({
    ...{ api: 'lifecycle', prefix: '/lifecycle', operations },
    ...{ silent: /^$/, without_success: /^$/ },
  });
});
