import {
  Dropdown,
  DropdownItem,
  DropdownList,
} from '@patternfly/react-core/dist/dynamic/components/Dropdown';
import { MenuToggle } from '@patternfly/react-core/dist/dynamic/components/MenuToggle';
import EllipsisVIcon from '@patternfly/react-icons/dist/esm/icons/ellipsis-v-icon';
import { useQueries } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { serverDetail } from '../../api/servers.ts';
import type { Server, ServerDetail, ToolName } from '../../api/types.ts';
import { useText } from '../../text/text.ts';
import { nameOf } from './name-of.ts';

const ToolDialog = lazy(async () => ({ default: (await import('./tool-dialog.tsx')).ToolDialog }));

/** Tools that need no more than a word: they can be used on many servers at once. */
export const QUICK_TOOLS = [
  'power-on',
  'soft-power-off',
  'power-off',
  'soft-reboot',
  'reboot',
  'boot-device',
  'enter-maintenance',
  'leave-maintenance',
  'diagnostics',
  'unrescue',
  'rebuild',
  'return',
] as const satisfies readonly ToolName[];

export type QuickTool = (typeof QUICK_TOOLS)[number];

/** More are not looked at beforehand: the service says for each when it is asked. */
const MOST_LOOKED_AT = 100;

/** What can be done with servers now, and why not otherwise. @param compact three dots instead of a word */
export function ToolMenu({ servers, compact = false }: { servers: readonly Server[]; compact?: boolean }) {
  const say = useText();
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState<QuickTool | null>(null);
  const [first] = servers;
  if (first === undefined) return null;
  const label = servers.length === 1 ? say('actions.for', { name: nameOf(first) }) : say('actions.menu');
  return (
    <>
      <Dropdown
        isOpen={open}
        onOpenChange={setOpen}
        popperProps={{ position: 'right' }}
        toggle={(ref) => (
          <MenuToggle
            ref={ref}
            variant={compact ? 'plain' : 'secondary'}
            isExpanded={open}
            {...(compact ? { 'aria-label': label, icon: <EllipsisVIcon />, size: 'sm' } : {})}
            onClick={() => setOpen(!open)}
          >
            {compact ? undefined : say('actions.menu')}
          </MenuToggle>
        )}
      >
        {open && (
          <Tools
            servers={servers.slice(0, MOST_LOOKED_AT)}
            choose={(tool) => {
              setOpen(false);
              setChosen(tool);
            }}
          />
        )}
      </Dropdown>
      {chosen !== null && (
        <Suspense>
          <ToolDialog tool={chosen} servers={servers} close={() => setChosen(null)} />
        </Suspense>
      )}
    </>
  );
}

function Tools({ servers, choose }: { servers: readonly Server[]; choose: (tool: QuickTool) => void }) {
  const say = useText();
  const details = useQueries({
    queries: servers.map(({ uuid }) => ({ ...serverDetail(uuid), staleTime: 0 })),
    combine: (results) => results.flatMap(({ data }) => (data === undefined ? [] : [data])),
  });
  if (details.length === 0)
    return (
      <DropdownList>
        <DropdownItem isDisabled>{say('actions.loading')}</DropdownItem>
      </DropdownList>
    );
  return (
    <DropdownList>
      {QUICK_TOOLS.map((tool) => {
        const { allowed, reason, reboots } = summary(tool, details);
        const some = allowed < details.length && allowed > 0;
        return (
          <DropdownItem
            key={tool}
            isAriaDisabled={allowed === 0}
            isDanger={tool === 'return' && allowed > 0}
            className="k-tool"
            onClick={() => allowed > 0 && choose(tool)}
            description={
              allowed === 0
                ? reason
                : some
                  ? say('actions.some', { allowed, all: details.length })
                  : reboots
                    ? say('actions.reboots')
                    : undefined
            }
          >
            {say(`tool.${tool}`)}
          </DropdownItem>
        );
      })}
    </DropdownList>
  );
}

/** For how many it is possible, and why not for the first for which it is not. */
function summary(
  tool: QuickTool,
  details: readonly ServerDetail[],
): { allowed: number; reason: string | null; reboots: boolean } {
  const views = details.flatMap(({ tools }) => tools.filter((one) => one.tool === tool));
  return {
    allowed: views.filter(({ allowed }) => allowed).length,
    reason: views.find(({ allowed }) => !allowed)?.reason ?? null,
    reboots: views.some(({ reboots }) => reboots),
  };
}
