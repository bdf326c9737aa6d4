import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Checkbox } from '@patternfly/react-core/dist/dynamic/components/Checkbox';
import { Form, FormGroup } from '@patternfly/react-core/dist/dynamic/components/Form';
import { FormSelect, FormSelectOption } from '@patternfly/react-core/dist/dynamic/components/FormSelect';
import {
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
} from '@patternfly/react-core/dist/dynamic/components/Modal';
import { TextInput } from '@patternfly/react-core/dist/dynamic/components/TextInput';
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError } from '../../api/http.ts';
import { act, serverDetail } from '../../api/servers.ts';
import type { Server } from '../../api/types.ts';
import { useFocusReturn } from '../../parts/focus-return.ts';
import { refusalText } from '../../text/tell.ts';
import { type Say, useText } from '../../text/text.ts';
import { IsoDialog } from '../isos/iso-dialog.tsx';
import { useEachServer } from './each-server.ts';
import { nameOf } from './name-of.ts';
import { type Line, Results } from './results.tsx';
import type { QuickTool } from './tool-menu.tsx';

interface Props {
  tool: QuickTool;
  servers: readonly Server[];
  close: () => void;
}

const DEVICES = ['pxe', 'disk', 'cdrom', 'bios'] as const;
const REBOOTING: readonly QuickTool[] = [
  'power-off',
  'soft-power-off',
  'soft-reboot',
  'reboot',
  'diagnostics',
];
const ERASING: readonly QuickTool[] = ['return', 'rebuild'];

/** An ISO image has to be chosen; all else takes a word. */
export function ToolDialog(props: Props) {
  return props.tool === 'iso-mount' ? <IsoDialog {...props} /> : <WordDialog {...props} />;
}

/** Asks once more, then does it with each server by itself, and says for each what came of it. */
function WordDialog({ tool, servers, close }: Props) {
  const say = useText();
  const client = useQueryClient();
  useFocusReturn();
  const { outcomes, run: each } = useEachServer<Line>({ at: 'waiting' });
  const [reason, setReason] = useState('');
  const [device, setDevice] = useState<(typeof DEVICES)[number]>('pxe');
  const [persistent, setPersistent] = useState(false);
  const [typed, setTyped] = useState('');
  const [first] = servers;
  const name = first === undefined ? '' : nameOf(first);
  const word = servers.length === 1 ? name : String(servers.length);
  const title =
    servers.length === 1
      ? say('actions.confirm.one', { tool: say(`tool.${tool}`), name })
      : say('actions.confirm.title', { tool: say(`tool.${tool}`), count: servers.length });

  async function run(which: readonly Server[]): Promise<void> {
    const body = bodyOf(tool, { reason, device, persistent });
    await each(which, async ({ uuid }) => {
      try {
        client.setQueryData(['servers', 'one', uuid], await act(uuid, tool, body));
        return { at: 'begun' };
      } catch (error) {
        return { at: 'failed', why: await whyNot(client, uuid, tool, error as Error, say) };
      }
    });
  }

  if (outcomes !== null)
    return (
      <Results
        title={say('actions.results', { tool: say(`tool.${tool}`) })}
        {...{ servers, close }}
        lineOf={({ uuid }) => outcomes.get(uuid) ?? { at: 'waiting' }}
        again={(which) => void run(which)}
      />
    );
  return (
    <Modal isOpen variant="small" onClose={close} aria-labelledby="tool-title">
      <ModalHeader title={title} labelId="tool-title" />
      <ModalBody>
        {ERASING.includes(tool) && (
          <Alert variant="danger" isInline title={say('actions.confirm.erases')} component="p" />
        )}
        {REBOOTING.includes(tool) && (
          <Alert variant="warning" isInline title={say('actions.confirm.reboots')} component="p" />
        )}
        <p className="k-gap">{say('actions.confirm.body')}</p>
        <ul className="k-names">
          {servers.map((server) => (
            <li key={server.uuid}>
              <bdi>{nameOf(server)}</bdi> <span className="k-mono k-quiet">{server.uuid.slice(0, 8)}</span>
            </li>
          ))}
        </ul>
        <Form
          id="tool-form"
          className="k-gap"
          onSubmit={(event) => {
            event.preventDefault();
            void run(servers);
          }}
        >
          {tool === 'enter-maintenance' && (
            <FormGroup label={say('actions.reason')} fieldId="reason">
              <TextInput
                id="reason"
                value={reason}
                maxLength={1000}
                onChange={(_event, value) => setReason(value)}
              />
            </FormGroup>
          )}
          {tool === 'boot-device' && (
            <>
              <FormGroup label={say('actions.device')} fieldId="device">
                <FormSelect
                  id="device"
                  value={device}
                  onChange={(_event, value) => setDevice(value as typeof device)}
                >
                  {DEVICES.map((one) => (
                    <FormSelectOption key={one} value={one} label={say(`device.${one}`)} />
                  ))}
                </FormSelect>
              </FormGroup>
              <Checkbox
                id="persistent"
                label={say('actions.persistent')}
                isChecked={persistent}
                onChange={(_event, on) => setPersistent(on)}
              />
            </>
          )}
          {ERASING.includes(tool) && (
            <FormGroup label={say('actions.confirm.type', { word })} fieldId="confirm">
              <TextInput
                id="confirm"
                autoComplete="off"
                value={typed}
                onChange={(_event, value) => setTyped(value)}
              />
            </FormGroup>
          )}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button
          type="submit"
          form="tool-form"
          variant={ERASING.includes(tool) ? 'danger' : 'primary'}
          isDisabled={ERASING.includes(tool) && typed !== word}
        >
          {say('actions.go')}
        </Button>
        <Button variant="link" onClick={close}>
          {say('cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}

/** In the words of the page where the tool is not to be used now, else in the service's. */
async function whyNot(
  client: QueryClient,
  uuid: string,
  tool: QuickTool,
  error: Error,
  say: Say,
): Promise<string> {
  if (!(error instanceof ApiError) || error.status !== 409) return error.message;
  const { tools } = await client
    .fetchQuery({ ...serverDetail(uuid), staleTime: 0 })
    .catch(() => ({ tools: [] }));
  const view = tools.find((one) => one.tool === tool);
  return (view && refusalText(view, say, document.documentElement.lang)) ?? error.message;
}

function bodyOf(
  tool: QuickTool,
  { reason, device, persistent }: { reason: string; device: string; persistent: boolean },
): object | undefined {
  if (tool === 'boot-device') return { boot_device: device, persistent };
  if (tool === 'enter-maintenance') return reason.trim() === '' ? {} : { reason: reason.trim() };
  return undefined;
}
