import RFB from '@novnc/novnc';
import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Checkbox } from '@patternfly/react-core/dist/dynamic/components/Checkbox';
import {
  Dropdown,
  DropdownItem,
  DropdownList,
} from '@patternfly/react-core/dist/dynamic/components/Dropdown';
import { Form } from '@patternfly/react-core/dist/dynamic/components/Form';
import { MenuToggle } from '@patternfly/react-core/dist/dynamic/components/MenuToggle';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { ServerDetail } from '../../api/types.ts';
import { Field } from '../../parts/field.tsx';
import { useText } from '../../text/text.ts';
import { ConsoleFrame, WhenAllowed } from './console-frame.tsx';
import type { Attach } from './console-line.ts';
import { KEYS, letGo, press, typeText } from './screen-keys.ts';
import { useConsole } from './use-console.ts';

/** Screen, keyboard and mouse of a server (iKVM). */
export function ScreenConsole({ server }: { server: ServerDetail }) {
  return (
    <WhenAllowed server={server}>
      <Screen server={server} />
    </WhenAllowed>
  );
}

/** How far the screen behind an open websocket is. */
type Step = { at: 'waiting' | 'shown' | 'password' } | { at: 'failed'; reason: string };

function Screen({ server }: { server: ServerDetail }) {
  const say = useText();
  const place = useRef<HTMLDivElement>(null);
  const [rfb, setRfb] = useState<RFB | null>(null);
  const [step, setStep] = useState<Step>({ at: 'waiting' });
  const [fit, setFit] = useState(true);
  const [look, setLook] = useState(false);
  const attach = useCallback<Attach>((socket) => {
    if (place.current === null) return () => {};
    const shown = new RFB(place.current, socket, { shared: true });
    shown.background = 'transparent';
    shown.showDotCursor = true;
    shown.addEventListener('connect', () => {
      setStep({ at: 'shown' });
      shown.focus();
    });
    shown.addEventListener('credentialsrequired', () => setStep({ at: 'password' }));
    shown.addEventListener('securityfailure', (event) => {
      const { reason, status } = (event as CustomEvent<{ reason?: string; status: number }>).detail;
      setStep({ at: 'failed', reason: reason ?? String(status) });
    });
    setStep({ at: 'waiting' });
    setRfb(shown);
    return () => {
      setRfb(null);
      shown.disconnect();
    };
  }, []);
  const console = useConsole(server.uuid, 'graphical', attach);
  const { state } = console;
  const reads = state.now === 'open' && state.read_only;
  useEffect(() => {
    if (rfb === null) return;
    rfb.viewOnly = look || reads;
    rfb.scaleViewport = fit;
  }, [rfb, look, reads, fit]);
  const shown = state.now === 'open' && step.at === 'shown' ? rfb : null;
  const tools = shown !== null && (
    <>
      <Checkbox
        id="screen-fit"
        label={say('screen.fit')}
        isChecked={fit}
        onChange={(_event, on) => setFit(on)}
      />
      {!reads && (
        <Checkbox
          id="screen-look"
          label={say('screen.look')}
          isChecked={look}
          onChange={(_event, on) => setLook(on)}
        />
      )}
      {!reads && !look && <Typing rfb={shown} />}
    </>
  );
  return (
    <ConsoleFrame
      server={server}
      type="graphical"
      console={console}
      emptied
      waits={state.now === 'open' && step.at === 'waiting'}
      tools={tools}
      release={() => shown !== null && letGo(shown)}
    >
      {state.now === 'open' && step.at === 'password' && rfb !== null && (
        <Password send={(password) => rfb.sendCredentials({ password })} />
      )}
      {step.at === 'failed' && (
        <Alert
          variant="warning"
          isInline
          component="h2"
          className="k-console-over"
          title={say('screen.failed', { reason: step.reason })}
        />
      )}
      <div
        ref={place}
        className="k-screen"
        role="application"
        aria-label={say('screen.canvas')}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: from here the keyboard goes to the server
        tabIndex={0}
        onFocus={({ target, currentTarget }) => target === currentTarget && rfb?.focus()}
      />
    </ConsoleFrame>
  );
}

/** Keys that do not come through by themselves. */
function Typing({ rfb }: { rfb: RFB }) {
  const say = useText();
  const [open, setOpen] = useState(false);
  const [refused, setRefused] = useState(false);
  const paste = async (): Promise<void> => {
    try {
      typeText(rfb, await navigator.clipboard.readText());
      setRefused(false);
    } catch {
      setRefused(true);
    }
    rfb.focus();
  };
  return (
    <>
      <span className="k-quiet" role="status">
        {refused && say('console.clipboard.refused')}
      </span>
      {window.isSecureContext && (
        <Button variant="secondary" size="sm" title={say('screen.paste.help')} onClick={() => void paste()}>
          {say('screen.paste')}
        </Button>
      )}
      <Dropdown
        isOpen={open}
        onOpenChange={setOpen}
        popperProps={{ position: 'right', appendTo: 'inline' }}
        toggle={(ref) => (
          <MenuToggle ref={ref} size="sm" isExpanded={open} onClick={() => setOpen(!open)}>
            {say('screen.keys')}
          </MenuToggle>
        )}
      >
        <DropdownList>
          {KEYS.map(({ name, keys }) => (
            <DropdownItem
              key={name}
              onClick={() => {
                setOpen(false);
                press(rfb, keys);
                rfb.focus();
              }}
            >
              {name}
            </DropdownItem>
          ))}
        </DropdownList>
      </Dropdown>
      <Button
        variant="secondary"
        size="sm"
        onClick={() => {
          rfb.sendCtrlAltDel();
          rfb.focus();
        }}
      >
        {say('screen.cad')}
      </Button>
    </>
  );
}

function Password({ send }: { send: (password: string) => void }) {
  const say = useText();
  const [password, setPassword] = useState('');
  return (
    <Form
      className="k-form k-row-form"
      aria-label={say('screen.password')}
      onSubmit={(event) => {
        event.preventDefault();
        send(password);
      }}
    >
      <Field
        id="screen-password"
        label={say('screen.password')}
        type="password"
        required
        value={password}
        onChange={setPassword}
      />
      <Button type="submit">{say('screen.password.send')}</Button>
    </Form>
  );
}
