import {
  Dropdown,
  DropdownItem,
  DropdownList,
} from '@patternfly/react-core/dist/dynamic/components/Dropdown';
import { MenuToggle } from '@patternfly/react-core/dist/dynamic/components/MenuToggle';
import EllipsisVIcon from '@patternfly/react-icons/dist/esm/icons/ellipsis-v-icon';
import { useQueries } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { serverDetail } from '../../api/servers.ts';
import type { Server, ServerDetail, ToolName, ToolView } from '../../api/types.ts';
import { inMain } from '../../parts/in-main.ts';
import { refusalText } from '../../text/tell.ts';
import { useLanguage, useText } from '../../text/text.ts';
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
  'iso-mount',
  'iso-eject',
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

interface Props {
  servers: readonly Server[];
  /** Three dots instead of a word. */
  compact?: boolean;
  /** Opens by itself, with the keyboard's focus. */
  opens?: boolean;
}

/** What can be done with servers now, and why not otherwise. */
export function ToolMenu({ servers, compact = false, opens = false }: Props) {
  const say = useText();
  const [open, setOpen] = useState(false);
  const toggle = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!opens) return;
    toggle.current?.focus();
    // After the click that brought the menu: it would be one beside the menu, which closes it.
    const timer = setTimeout(() => setOpen(true));
    return () => clearTimeout(timer);
  }, [opens]);
  const [chosen, setChosen] = useState<QuickTool | null>(null);
  const [first] = servers;
  if (first === undefined) return null;
  const label = servers.length === 1 ? say('actions.for', { name: nameOf(first) }) : say('actions.menu');
  return (
    <>
      <Dropdown
        isOpen={open}
        onOpenChange={setOpen}
        popperProps={{ position: 'right', appendTo: inMain }}
        toggle={{
          toggleRef: toggle,
          toggleNode: (
            <MenuToggle
              ref={toggle}
              variant={compact ? 'plain' : 'secondary'}
              isExpanded={open}
              {...(compact ? { 'aria-label': label, icon: <EllipsisVIcon />, size: 'sm' } : {})}
              onClick={() => setOpen(!open)}
            >
              {compact ? undefined : say('actions.menu')}
            </MenuToggle>
          ),
        }}
      >
        {open && (
          <Tools
            servers={servers.slice(0, MOST_LOOKED_AT)}
            choose={(tool) => {
              setOpen(false);
              // From here a dialog leads back to where it was opened.
              toggle.current?.focus();
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
  const language = useLanguage();
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
        const { allowed, refused, reboots } = summary(tool, details);
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
                ? refused && refusalText(refused, say, language)
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
): { allowed: number; refused: ToolView | undefined; reboots: boolean } {
  const views = details.flatMap(({ tools }) => tools.filter((one) => one.tool === tool));
  return {
    allowed: views.filter(({ allowed }) => allowed).length,
    refused: views.find(({ allowed }) => !allowed),
    reboots: views.some(({ reboots }) => reboots),
  };
}
