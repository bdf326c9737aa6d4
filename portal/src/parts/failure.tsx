import { Alert, AlertActionLink } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { ApiError } from '../api/http.ts';
import { useText } from '../text/text.ts';

/** What could not be loaded, why in the service's words, and how to go on. */
export function Failure({ error, again }: { error: Error; again?: () => void }) {
  const say = useText();
  const request = error instanceof ApiError ? error.request_id : null;
  return (
    <Alert
      variant="danger"
      isInline
      title={error instanceof ApiError && error.status === 403 ? say('error.forbidden') : say('error.title')}
      component="h2"
      {...(again === undefined
        ? {}
        : { actionLinks: <AlertActionLink onClick={again}>{say('error.again')}</AlertActionLink> })}
    >
      <p>{error.message}</p>
      {request !== null && <p className="k-quiet">{say('error.request', { id: request })}</p>}
    </Alert>
  );
}
