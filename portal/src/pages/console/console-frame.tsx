import { Alert, AlertActionLink } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { EmptyState, EmptyStateBody } from '@patternfly/react-core/dist/dynamic/components/EmptyState';
import ExpandArrowsAltIcon from '@patternfly/react-icons/dist/esm/icons/expand-arrows-alt-icon';
import { type KeyboardEvent, type ReactNode, useRef, useState } from 'react';
import { Link } from 'react-router';
import type { ConsoleType } from '../../api/consoles.ts';
import type { ServerDetail } from '../../api/types.ts';
import { refusalText } from '../../text/tell.ts';
import { useLanguage, useText } from '../../text/text.ts';
import type { Ending } from './console-line.ts';
import type { Console } from './use-console.ts';
import '../../style/consoles.css';

/** Where the other console of a server is, by the type of this one. */
const OTHER = {
  serial: { path: 'screen', text: 'console.to.graphical' },
  graphical: { path: 'console', text: 'console.to.serial' },
} as const satisfies Record<ConsoleType, object>;

interface Props {
  server: ServerDetail;
  type: ConsoleType;
  console: Console;
  /** The way is open, and nothing came through it yet. */
  waits?: boolean;
  /** Once it is over there is nothing to be seen of it. */
  emptied?: boolean;
  /** What may be done with it while it is open. */
  tools: ReactNode;
  /** Leaves the keyboard to the page. */
  release?: () => void;
  children: ReactNode;
}

/** What stands around a console: its state, its tools, and why it is over. Its way out for the keyboard is Ctrl+Shift+L. */
export function ConsoleFrame({
  server,
  type,
  console,
  waits = false,
  emptied = false,
  tools,
  release,
  children,
}: Props) {
  const say = useText();
  const frame = useRef<HTMLElement>(null);
  const first = useRef<HTMLButtonElement>(null);
  const { state, open, close } = console;
  const now = waits ? 'connecting' : state.now;
  const over = state.now === 'over';
  const leave = (event: KeyboardEvent): void => {
    if (!event.ctrlKey || !event.shiftKey || event.code !== 'KeyL') return;
    event.preventDefault();
    event.stopPropagation();
    release?.();
    first.current?.focus();
  };
  return (
    <section
      ref={frame}
      className="k-console"
      aria-label={say(`console.${type}`)}
      onKeyDownCapture={leave}
      data-console={now}
    >
      <div className="k-console-bar">
        <span className={`k-console-state k-console-${now}`} role="status">
          {say(`console.state.${now}`)}
        </span>
        {state.now === 'open' && state.read_only && (
          <span className="k-console-look">{say('console.look-only')}</span>
        )}
        <span className="k-space" />
        {tools}
        <Button
          variant="plain"
          size="sm"
          aria-label={say('console.full')}
          title={say('console.full')}
          icon={<ExpandArrowsAltIcon />}
          onClick={() => void frame.current?.requestFullscreen?.()}
        />
        <Button ref={first} variant="secondary" size="sm" onClick={() => (over ? open() : close())}>
          {say(over ? 'console.open' : 'console.close')}
        </Button>
      </div>
      {over && state.ending !== 'left' && (
        <Over
          {...{ server, type }}
          ending={state.ending}
          words={state.words}
          again={() => open()}
          take={() => open(true)}
        />
      )}
      <div className="k-console-body" hidden={over && emptied}>
        {children}
        <p className="k-console-foot">{say('console.leave')}</p>
      </div>
    </section>
  );
}

function Over({
  server,
  type,
  ending,
  words,
  again,
  take,
}: {
  server: ServerDetail;
  type: ConsoleType;
  ending: Exclude<Ending, 'left'>;
  words: string;
  again: () => void;
  take: () => void;
}) {
  const say = useText();
  const other = OTHER[type];
  const why: Exclude<Ending, 'unavailable' | 'left'> | `unavailable.${ConsoleType}` =
    ending === 'unavailable' ? `unavailable.${type}` : ending;
  return (
    <Alert
      variant={ending === 'ended' || ending === 'idle' ? 'info' : 'warning'}
      isInline
      component="h2"
      className="k-console-over"
      title={say(`console.over.${why}`)}
      actionLinks={
        <>
          <AlertActionLink onClick={again}>{say('console.again')}</AlertActionLink>
          {ending === 'unavailable' && type === 'serial' && (
            <AlertActionLink onClick={take}>{say('console.take-over')}</AlertActionLink>
          )}
          {ending === 'unavailable' && (
            <Link to={`/servers/${server.uuid}/${other.path}`}>{say(other.text)}</Link>
          )}
        </>
      }
    >
      <p>{ending === 'lost' && words === '' ? say('console.over.lost.hint') : words}</p>
    </Alert>
  );
}

/** Shows a console from when it may be used; until then why not. Once shown it stays, with what was printed. */
export function WhenAllowed({ server, children }: { server: ServerDetail; children: ReactNode }) {
  const say = useText();
  const language = useLanguage();
  const tool = server.tools.find((one) => one.tool === 'console');
  const [begun, setBegun] = useState(tool?.allowed === true);
  if (!begun && tool?.allowed === true) setBegun(true);
  if (begun) return children;
  return (
    <EmptyState titleText={say('console.barred')} headingLevel="h2" variant="sm">
      <EmptyStateBody>{(tool && refusalText(tool, say, language)) ?? say('error.forbidden')}</EmptyStateBody>
    </EmptyState>
  );
}
