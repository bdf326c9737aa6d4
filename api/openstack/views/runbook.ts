import type { RunbookRecord } from '../../../lifecycle/records.ts';
import { shownStep } from './deploy-template.ts';
import { links, plain, stamps, structure } from './fields.ts';
import type { ResourceView } from './view.ts';

/** How a runbook looks. */
export const RUNBOOK_VIEW: ResourceView<'runbook', RunbookRecord> = {
  resource: 'runbook',
  list_fields: ['uuid', 'name'],
  unsortable: ['extra', 'steps', 'traits', 'links'],
  columns: ['uuid'],
  fields: {
    uuid: plain('uuid'),
    name: plain('name'),
    steps: { columns: ['steps'], of: (runbook) => runbook.steps.map(shownStep) },
    disable_ramdisk: plain('disable_ramdisk'),
    extra: structure('extra'),
    public: plain('public'),
    owner: plain('owner'),
    description: plain('description'),
    traits: structure('traits', []),
    ...stamps<RunbookRecord>(),
    links: links('runbooks', 'uuid'),
  },
};
