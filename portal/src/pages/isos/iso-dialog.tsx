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
import { useQueries, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { isoList } from '../../api/isos.ts';
import { serverDetail } from '../../api/servers.ts';
import type { Server, ServerDetail, ToolName } from '../../api/types.ts';
import { Field } from '../../parts/field.tsx';
import { useFocusReturn } from '../../parts/focus-return.ts';
import { useLanguage, useText } from '../../text/text.ts';
import { useEachServer } from '../servers/each-server.ts';
import { nameOf } from '../servers/name-of.ts';
import { type Line, Results } from '../servers/results.tsx';
import { sizeText } from './sizes.ts';
import { doSteps, type Step } from './steps.ts';

type Progress =
  | { at: 'waiting' | 'begun' }
  | { at: 'working'; tool: ToolName }
  | { at: 'failed'; tool: ToolName | null; why: string };

/** Puts an ISO image into the drives of servers, and boots them from it if that is wished and possible; says for each what came of it. */
export function IsoDialog({ servers, close }: { servers: readonly Server[]; close: () => void }) {
  const say = useText();
  const language = useLanguage();
  useFocusReturn();
  const [from, setFrom] = useState<'iso' | 'url'>('iso');
  const [chosen, setIso] = useState('');
  const [image_url, setUrl] = useState('');
  const [boots, setBoots] = useState(false);
  const { outcomes, run: each } = useEachServer<Progress>({ at: 'waiting' });
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
    const mount: Step = { tool: 'iso-mount', body: from === 'iso' ? { iso } : { image_url } };
    await each(which, async ({ uuid, power_state }, tell, signal) => {
      const now = details.find((one) => one.uuid === uuid)?.power_state ?? power_state;
      const steps = boots && barred === null ? [mount, ...bootSteps(now)] : [mount];
      let at: ToolName | null = null;
      try {
        const begin = (tool: ToolName): void => {
          at = tool;
          tell({ at: 'working', tool });
        };
        await doSteps(uuid, steps, begin, signal);
        return { at: 'begun' };
      } catch (error) {
        return { at: 'failed', tool: at, why: (error as Error).message };
      }
    });
  }

  function lineOf({ uuid }: Server): Line {
    const state = outcomes?.get(uuid) ?? { at: 'waiting' as const };
    if (state.at === 'working')
      return { at: 'working', word: say('isos.working', { tool: say(`tool.${state.tool}`) }) };
    if (state.at === 'failed') {
      const step = state.tool === null ? '' : `${say(`tool.${state.tool}`)}: `;
      return { at: 'failed', why: step + state.why };
    }
    if (state.at === 'waiting') return { at: 'waiting' };
    if (!boots) return { at: 'begun', word: say('isos.inserted') };
    const next = <Link to={`/servers/${uuid}/screen`}>{say('console.to.graphical')}</Link>;
    return { at: 'begun', word: say('isos.booted'), next };
  }

  if (outcomes !== null)
    return <Results {...{ title, servers, lineOf, close }} again={(which) => void run(which)} />;
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
