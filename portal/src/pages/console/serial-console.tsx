import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import type { Terminal } from '@xterm/xterm';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { ServerDetail } from '../../api/types.ts';
import { useText } from '../../text/text.ts';
import { ConsoleFrame, WhenAllowed } from './console-frame.tsx';
import type { Attach } from './console-line.ts';
import { attachTerminal, openTerminal, textOf } from './terminal.ts';
import { useConsole } from './use-console.ts';

/** The serial port of a server, in a terminal. */
export function SerialConsole({ server }: { server: ServerDetail }) {
  return (
    <WhenAllowed server={server}>
      <SerialTerminal server={server} />
    </WhenAllowed>
  );
}

function SerialTerminal({ server }: { server: ServerDetail }) {
  const say = useText();
  const place = useRef<HTMLDivElement>(null);
  const socket = useRef<WebSocket | null>(null);
  const [terminal, setTerminal] = useState<Terminal | null>(null);
  useEffect(() => {
    if (place.current === null) return;
    const opened = openTerminal(place.current);
    setTerminal(opened.terminal);
    return opened.end;
  }, []);
  const attach = useMemo<Attach | null>(() => {
    if (terminal === null) return null;
    const lead = attachTerminal(terminal);
    return (opened, ticket) => {
      socket.current = opened;
      return lead(opened, ticket);
    };
  }, [terminal]);
  useEffect(() => {
    if (terminal?.textarea !== undefined) terminal.textarea.ariaLabel = say('console.input');
  }, [terminal, say]);
  const console = useConsole(server.uuid, 'serial', attach);
  const { state } = console;
  const types = state.now === 'open' && !state.read_only;
  const breaks = types && socket.current?.protocol === 'kurogane.serial';
  const tools = terminal !== null && (
    <>
      {breaks && (
        <Button
          variant="secondary"
          size="sm"
          title={say('console.break.help')}
          onClick={() => {
            socket.current?.send('break');
            terminal.focus();
          }}
        >
          {say('console.break')}
        </Button>
      )}
      {types && (
        <Button
          variant="secondary"
          size="sm"
          title={say('console.size.help')}
          onClick={() => {
            terminal.input(`stty rows ${terminal.rows} cols ${terminal.cols}\r`);
            terminal.focus();
          }}
        >
          {say('console.size')}
        </Button>
      )}
      <Clipboard terminal={terminal} types={types} />
    </>
  );
  return (
    <ConsoleFrame server={server} type="serial" console={console} tools={tools}>
      <div ref={place} className="k-terminal" />
    </ConsoleFrame>
  );
}

/** Copies and pastes, where the browser lets pages do so (over TLS, and on this machine). */
function Clipboard({ terminal, types }: { terminal: Terminal; types: boolean }) {
  const say = useText();
  const [said, setSaid] = useState<'console.copied' | 'console.clipboard.refused' | null>(null);
  if (!window.isSecureContext) return null;
  const attempt = async (work: () => Promise<void>, done: 'console.copied' | null): Promise<void> => {
    try {
      await work();
      setSaid(done);
    } catch {
      setSaid('console.clipboard.refused');
    }
    terminal.focus();
  };
  return (
    <>
      <span className="k-quiet" role="status">
        {said !== null && say(said)}
      </span>
      <Button
        variant="secondary"
        size="sm"
        title={say('console.copy.help')}
        onClick={() => void attempt(() => navigator.clipboard.writeText(textOf(terminal)), 'console.copied')}
      >
        {say('console.copy')}
      </Button>
      {types && (
        <Button
          variant="secondary"
          size="sm"
          onClick={() => void attempt(async () => terminal.paste(await navigator.clipboard.readText()), null)}
        >
          {say('console.paste')}
        </Button>
      )}
    </>
  );
}
