import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import {
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
} from '@patternfly/react-core/dist/dynamic/components/Modal';
import type { ReactNode } from 'react';
import type { Server } from '../../api/types.ts';
import { useText } from '../../text/text.ts';
import { nameOf } from './name-of.ts';

/** How far the work with a server is. */
export interface Line {
  at: 'waiting' | 'working' | 'begun' | 'failed';
  /** In the place of the usual word. */
  word?: string;
  /** Why it was refused. */
  why?: string;
  /** What there is to do next. */
  next?: ReactNode;
}

interface Props {
  title: string;
  servers: readonly Server[];
  lineOf: (server: Server) => Line;
  close: () => void;
  again: (which: readonly Server[]) => void;
}

/** For each server what came of it, while it comes; those that were refused can be tried again. */
export function Results({ title, servers, lineOf, close, again }: Props) {
  const say = useText();
  const lines = servers.map((server) => ({ server, ...lineOf(server) }));
  const failed = lines.filter(({ at }) => at === 'failed').map(({ server }) => server);
  const done = lines.filter(({ at }) => at === 'begun').length;
  return (
    <Modal isOpen variant="medium" onClose={close} aria-labelledby="results-title">
      <ModalHeader
        title={title}
        labelId="results-title"
        description={say('actions.result.summary', { done, failed: failed.length, all: servers.length })}
      />
      <ModalBody tabIndex={0} aria-label={title}>
        <ul className="k-results" aria-live="polite">
          {lines.map(({ server, at, word, why, next }) => (
            <li key={server.uuid} className={`k-result-${at}`}>
              <bdi className="k-result-name">{nameOf(server)}</bdi>
              <span className="k-result-state">
                {word ?? say(`actions.result.${at === 'working' ? 'waiting' : at}`)}
              </span>
              {why !== undefined && <span className="k-result-why">{why}</span>}
              {next}
            </li>
          ))}
        </ul>
      </ModalBody>
      <ModalFooter>
        <Button variant="primary" onClick={close}>
          {say('close')}
        </Button>
        {failed.length > 0 && failed.length + done === servers.length && (
          <Button variant="secondary" onClick={() => again(failed)}>
            {say('actions.retry')}
          </Button>
        )}
      </ModalFooter>
    </Modal>
  );
}
