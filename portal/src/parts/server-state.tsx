import ExclamationCircleIcon from '@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon';
import type { Server } from '../api/types.ts';
import { useText } from '../text/text.ts';

/** The state in OpenStack's words, where it leads, and whether a person has to look after it. */
export function ServerState({ server }: { server: Server }) {
  const say = useText();
  const { provision_state, target_provision_state, attention } = server;
  const target = target_provision_state !== null && target_provision_state !== provision_state;
  return (
    <span className={`k-state${attention ? ' k-state-attention' : ''}`}>
      {attention && (
        <>
          <ExclamationCircleIcon aria-hidden="true" />
          <span className="pf-v6-screen-reader">{say('list.attention.mark')}</span>
        </>
      )}
      <span className="k-state-word">{provision_state}</span>
      {target && <span className="k-quiet"> → {target_provision_state}</span>}
    </span>
  );
}
