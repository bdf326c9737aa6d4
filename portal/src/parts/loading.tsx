import { Spinner } from '@patternfly/react-core/dist/dynamic/components/Spinner';
import { useText } from '../text/text.ts';

export function Loading() {
  const say = useText();
  return (
    <div className="k-loading">
      <Spinner size="lg" aria-label={say('loading')} />
    </div>
  );
}
