import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { Link } from 'react-router';
import { ask } from '../../api/http.ts';
import type { ServerDetail, ToolName, ToolView } from '../../api/types.ts';
import { refusalText } from '../../text/tell.ts';
import { useLanguage, useText } from '../../text/text.ts';
import { QUICK_TOOLS, type QuickTool } from '../servers/tool-menu.tsx';

const ToolDialog = lazy(async () => ({ default: (await import('../servers/tool-dialog.tsx')).ToolDialog }));

const DeployDialog = lazy(async () => ({ default: (await import('./deploy-dialog.tsx')).DeployDialog }));
const RescueDialog = lazy(async () => ({ default: (await import('./rescue-dialog.tsx')).RescueDialog }));

/** Verbs of the bare metal API that need nothing more, for servers that are not in the hands of a customer. */
const VERBS = ['manage', 'inspect', 'provide', 'abort'] as const;

/** What can be done with the server now, and why the rest cannot, with the way there. */
export function ToolPanel({ server }: { server: ServerDetail }) {
  const say = useText();
  const language = useLanguage();
  const [chosen, setChosen] = useState<QuickTool | null>(null);
  const allowed = server.tools.filter(isQuick).filter((one) => one.allowed);
  const refused = server.tools.filter((one) => !one.allowed);
  const way = allowed.some(({ tool }) => tool === 'enter-maintenance');
  return (
    <aside className="k-tools" aria-label={say('server.tools')}>
      {server.side === 'provider' && <Verbs server={server} />}
      {allowed.length > 0 && <h2 className="k-subtitle">{say('server.tools')}</h2>}
      <div className="k-tool-buttons">
        {allowed.map(({ tool }) => (
          <Button
            key={tool}
            variant={tool === 'return' || tool === 'rebuild' ? 'danger' : 'secondary'}
            size="sm"
            onClick={() => setChosen(tool)}
          >
            {say(`tool.${tool}`)}
          </Button>
        ))}
      </div>
      <Places server={server} />
      {refused.length > 0 && <h2 className="k-subtitle k-gap">{say('server.tools.not')}</h2>}
      <ul className="k-refused">
        {refused.map((view) => (
          <li key={view.tool}>
            <span>{say(`tool.${view.tool}`)}</span>
            <span className="k-quiet">{refusalText(view, say, language)}</span>
            {way && view.refusal?.code === 'stage-maintenance-first' && (
              <Button variant="link" isInline size="sm" onClick={() => setChosen('enter-maintenance')}>
                {say('actions.way')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {chosen !== null && (
        <Suspense>
          <ToolDialog tool={chosen} servers={[server]} close={() => setChosen(null)} />
        </Suspense>
      )}
    </aside>
  );
}

/** Tools that have a place of their own on the page: the part of the page that each is on. */
const PLACES = {
  sensors: 'sensors',
  console: 'console',
  'bmc-access': 'access',
  'bios-settings': 'settings',
  'firmware-update': 'settings',
} as const satisfies Partial<Record<ToolName, string>>;

function Places({ server }: { server: ServerDetail }) {
  const say = useText();
  const [rescues, setRescues] = useState(false);
  const allows = (name: ToolName): boolean =>
    server.tools.some(({ tool, allowed }) => tool === name && allowed);
  const places = Object.entries(PLACES) as [keyof typeof PLACES, string][];
  return (
    <div className="k-tool-buttons k-gap">
      {allows('rescue') && (
        <Button variant="secondary" size="sm" onClick={() => setRescues(true)}>
          {say('tool.rescue')}
        </Button>
      )}
      {places
        .filter(([tool]) => allows(tool))
        .map(([tool, path]) => (
          <Link key={tool} className="k-place" to={`/servers/${server.uuid}/${path}`}>
            {say(`tool.${tool}`)}
          </Link>
        ))}
      {rescues && (
        <Suspense>
          <RescueDialog server={server} close={() => setRescues(false)} />
        </Suspense>
      )}
    </div>
  );
}

function isQuick(view: ToolView): view is ToolView & { tool: QuickTool } {
  return QUICK_TOOLS.some((tool) => tool === view.tool);
}

function Verbs({ server }: { server: ServerDetail }) {
  const say = useText();
  const client = useQueryClient();
  const [failure, setFailure] = useState<string | null>(null);
  const [deploys, setDeploys] = useState(false);
  const verbs = VERBS.filter((verb) => server.verbs.includes(verb));
  const deployable = server.verbs.includes('active');
  if (verbs.length === 0 && !deployable) return null;

  async function raise(verb: string): Promise<void> {
    setFailure(null);
    try {
      await ask(`/v1/nodes/${server.uuid}/states/provision`, { method: 'PUT', body: { target: verb } });
    } catch (error) {
      setFailure((error as Error).message);
    }
    void client.invalidateQueries({ queryKey: ['servers'] });
  }

  return (
    <>
      <h2 className="k-subtitle">{say('server.verbs')}</h2>
      <div className="k-tool-buttons k-gap-after">
        {verbs.map((verb) => (
          <Button
            key={verb}
            variant="secondary"
            size="sm"
            isAriaDisabled={server.busy && verb !== 'abort'}
            onClick={() => void raise(verb)}
          >
            {say(`server.verb.${verb}`)}
          </Button>
        ))}
        {deployable && (
          <Button variant="secondary" size="sm" isAriaDisabled={server.busy} onClick={() => setDeploys(true)}>
            {say('server.deploy')}
          </Button>
        )}
      </div>
      {server.busy && (
        <p className="k-quiet k-gap-after">
          {say('server.busy', { state: server.provision_state })}{' '}
          <Link to={`/servers/${server.uuid}/upkeep`}>{say('server.busy.who')}</Link>
        </p>
      )}
      {deploys && (
        <Suspense>
          <DeployDialog server={server} close={() => setDeploys(false)} />
        </Suspense>
      )}
      {failure !== null && (
        <Alert variant="danger" isInline isPlain title={say('server.verb.failed')} component="p">
          {failure}
        </Alert>
      )}
    </>
  );
}
