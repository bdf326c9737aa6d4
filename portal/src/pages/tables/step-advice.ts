import type { Say } from '../../text/text.ts';
import type { Drafts } from './record-values.ts';
import type { KnownStep } from './targets.ts';

/** Work in which the steps of a table are done. */
const AREAS: Readonly<Record<string, readonly string[]>> = {
  runbooks: ['clean', 'service'],
  'deploy-templates': ['deploy'],
};

/** Steps of the interface that was chosen, and what the step that was typed takes. */
export function stepAdvice(steps: readonly KnownStep[], table: string, say: Say) {
  const areas = AREAS[table] ?? [];
  const fitting = steps.filter((one) => one.areas.some((area) => areas.includes(area)));
  return (row: Drafts, field: string): { suggestions?: { value: string }[]; help?: string } => {
    const mine = fitting.filter((one) => one.interface === row.interface);
    if (field === 'step') return { suggestions: mine.map(({ step }) => ({ value: step })) };
    if (field !== 'args') return {};
    const step = mine.find((one) => one.step === row.step);
    if (step === undefined) return {};
    const args = step.args.map(({ name, required }) => (required ? `${name} *` : name));
    return {
      help: args.length === 0 ? say('table.args.none') : say('table.args', { args: args.join(', ') }),
    };
  };
}
