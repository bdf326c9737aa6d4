import { EmptyState, EmptyStateBody } from '@patternfly/react-core/dist/dynamic/components/EmptyState';
import { Link } from 'react-router';
import { useText } from '../text/text.ts';

export function MissingPage() {
  const say = useText();
  return (
    <EmptyState titleText={say('missing.title')} headingLevel="h1">
      <EmptyStateBody>
        <Link to="/">{say('missing.back')}</Link>
      </EmptyStateBody>
    </EmptyState>
  );
}
