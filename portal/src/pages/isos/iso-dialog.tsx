import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Checkbox } from '@patternfly/react-core/dist/dynamic/components/Checkbox';
import { Form } from '@patternfly/react-core/dist/dynamic/components/Form';
import {
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
} from '@patternfly/react-core/dist/dynamic/components/Modal';
import { Radio } from '@patternfly/react-core/dist/dynamic/components/Radio';
import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Link } from 'react-router';
import { isoList } from '../../api/isos.ts';
import { serverDetail } from '../../api/servers.ts';
import type { Server, ServerDetail, ToolName } from '../../api/types.ts';
import { Field } from '../../parts/field.tsx';
import { useLanguage, useText } from '../../text/text.ts';
import { nameOf } from '../servers/name-of.ts';
import { sizeText } from './sizes.ts';
import { doSteps, type Step } from './steps.ts';

type Progress =
  | { at: 'waiting' | 'begun' }
  | { at: 'working'; tool: ToolName }
  | { at: 'failed'; tool: ToolName | null; why: string };

const AT_ONCE = 6;

/** Puts an ISO image into the drives of servers, and boots them from it if that is wished and possible; says for each what came of it. */
export function IsoDialog({ servers, close }: { servers: readonly Server[]; close: () => void }) {
  const say = useText();
  const language = useLanguage();
  const client = useQueryClient();
  const [from, setFrom] = useState<'iso' | 'url'>('iso');
  const [chosen, setIso] = useState('');
  const [image_url, setUrl] = useState('');
  const [boots, setBoots] = useState(false);
  const [progress, setProgress] = useState<ReadonlyMap<string, Progress> | null>(null);
  const leaving = useRef<AbortController | null>(null);
  useEffect(() => () => leaving.current?.abort(), []);
  const isos = useQuery(isoList()).data?.filter(({ state }) => state === 'ready') ?? [];
  const details = useQueries({
    queries: servers.map(({ uuid }) => ({ ...serverDetail(uuid), staleTime: 0 })),
    combine: (results) => results.flatMap(({ data }) => (data === undefined ? [] : [data])),
  });
  const iso = chosen === '' ? (isos[0]?.uuid ?? '') : chosen;
  const barred = details.map((one) => whyNoBoot(one)).find((why) => why !== null) ?? null;
  const title = say('isos.insert.title', {
    name: servers.length === 1 && servers[0] !== undefined ? nameOf(servers[0]) : servers.length,
  });

  async function run(which: readonly Server[]): Promise<void> {
    const left = new AbortController();
    leaving.current = left;
    const set = (uuid: string, state: Progress): void =>
      setProgress((before) => new Map(before ?? []).set(uuid, state));
    for (const { uuid } of which) set(uuid, { at: 'waiting' });
    const mount: Step = { tool: 'iso-mount', body: from === 'iso' ? { iso } : { image_url } };
    const rest = [...which];
    const work = async (): Promise<void> => {
      for (let server = rest.shift(); server !== undefined; server = rest.shift()) {
        const { uuid, power_state } = server;
        const now = details.find((one) => one.uuid === uuid)?.power_state ?? power_state;
        const steps = boots && barred === null ? [mount, ...bootSteps(now)] : [mount];
        let at: ToolName | null = null;
        try {
          const tell = (tool: ToolName): void => {
            at = tool;
            set(uuid, { at: 'working', tool });
          };
          await doSteps(uuid, steps, tell, left.signal);
          set(uuid, { at: 'begun' });
        } catch (error) {
          if (left.signal.aborted) return;
          set(uuid, { at: 'failed', tool: at, why: (error as Error).message });
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    void client.invalidateQueries({ queryKey: ['servers'] });
  }

  if (progress !== null)
    return <Results {...{ title, servers, progress, close, boots }} again={(which) => void run(which)} />;
  return (
    <Modal isOpen variant="small" onClose={close} aria-labelledby="iso-title">
      <ModalHeader title={title} labelId="iso-title" />
      <ModalBody>
        <Form
          id="iso-form"
          onSubmit={(event) => {
            event.preventDefault();
            void run(servers);
          }}
        >
          <Radio
            id="iso-from-iso"
            name="iso-from"
            label={say('isos.from.iso')}
            isChecked={from === 'iso'}
            onChange={() => setFrom('iso')}
          />
          {from === 'iso' &&
            (isos.length > 0 ? (
              <Field
                id="iso-choice"
                label={say('isos.image')}
                value={iso}
                onChange={setIso}
                choices={isos.map(({ uuid, name, size_bytes }) => ({
                  value: uuid,
                  label: `${name} (${sizeText(size_bytes, language)})`,
                }))}
              />
            ) : (
              <p>
                {say('isos.none')} <Link to="/isos">{say('isos.bring')}</Link>
              </p>
            ))}
          <Radio
            id="iso-from-url"
            name="iso-from"
            label={say('isos.from.url')}
            isChecked={from === 'url'}
            onChange={() => setFrom('url')}
          />
          {from === 'url' && (
            <Field
              id="iso-url"
              label={say('access.iso.url')}
              help={say('access.iso.help')}
              type="url"
              required
              value={image_url}
              onChange={setUrl}
            />
          )}
          <Checkbox
            id="iso-boots"
            label={say('isos.boots')}
            description={barred ?? say('isos.boots.help')}
            isChecked={boots && barred === null}
            isDisabled={barred !== null}
            onChange={(_event, on) => setBoots(on)}
          />
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form="iso-form" isDisabled={from === 'iso' ? iso === '' : image_url === ''}>
          {say(boots && barred === null ? 'isos.insert.boot' : 'access.iso.mount')}
        </Button>
        <Button variant="link" onClick={close}>
          {say('cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}

/** The next boot from the drive, and that boot: a server that is off is switched on. */
function bootSteps(power_state: string | null): Step[] {
  return [
    { tool: 'boot-device', body: { boot_device: 'cdrom', persistent: false } },
    { tool: power_state === 'power off' ? 'power-on' : 'reboot' },
  ];
}

/** Why a server may not be booted now, in the service's words; null: it may. */
function whyNoBoot({ tools, power_state }: ServerDetail): string | null {
  for (const { tool } of bootSteps(power_state)) {
    const view = tools.find((one) => one.tool === tool);
    if (view?.allowed === false) return view.reason;
  }
  return null;
}

function Results({
  title,
  servers,
  progress,
  boots,
  close,
  again,
}: {
  title: string;
  servers: readonly Server[];
  progress: ReadonlyMap<string, Progress>;
  boots: boolean;
  close: () => void;
  again: (which: readonly Server[]) => void;
}) {
  const say = useText();
  const failed = servers.filter(({ uuid }) => progress.get(uuid)?.at === 'failed');
  const done = servers.filter(({ uuid }) => progress.get(uuid)?.at === 'begun').length;
  return (
    <Modal isOpen variant="medium" onClose={close} aria-labelledby="iso-results-title">
      <ModalHeader
        title={title}
        labelId="iso-results-title"
        description={say('actions.result.summary', { done, failed: failed.length, all: servers.length })}
      />
      <ModalBody tabIndex={0} aria-label={title}>
        <ul className="k-results" aria-live="polite">
          {servers.map((server) => {
            const state = progress.get(server.uuid) ?? { at: 'waiting' as const };
            return (
              <li key={server.uuid} className={`k-result-${state.at}`}>
                <bdi className="k-result-name">{nameOf(server)}</bdi>
                <span className="k-result-state">
                  {state.at === 'working'
                    ? say('isos.working', { tool: say(`tool.${state.tool}`) })
                    : state.at === 'begun'
                      ? say(boots ? 'isos.booted' : 'isos.inserted')
                      : say(`actions.result.${state.at}`)}
                </span>
                {state.at === 'failed' && (
                  <span className="k-result-why">
                    {state.tool !== null && `${say(`tool.${state.tool}`)}: `}
                    {state.why}
                  </span>
                )}
                {state.at === 'begun' && boots && (
                  <Link to={`/servers/${server.uuid}/screen`}>{say('console.to.graphical')}</Link>
                )}
              </li>
            );
          })}
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
