import type { Stage } from '../api/types.ts';
import { useText } from '../text/text.ts';

export function StageLabel({ stage }: { stage: Stage }) {
  const say = useText();
  return <span className={`k-stage k-stage-${stage}`}>{say(`stage.${stage}`)}</span>;
}
