import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useState } from 'react';
import { Link } from 'react-router';
import type { ServerDetail, ToolName } from '../../api/types.ts';
import { refusalText } from '../../text/tell.ts';
import { useLanguage, useText } from '../../text/text.ts';
import { ToolDialog } from '../servers/tool-dialog.tsx';
import type { QuickTool } from '../servers/tool-menu.tsx';

/** Opens a tool's form; or says why the tool cannot be used now, and leads there. @param later where it can be ordered for later */
export function ToolButton({
  server,
  tool,
  label,
  open,
  later,
}: {
  server: ServerDetail;
  tool: ToolName;
  label: string;
  open: () => void;
  later?: string;
}) {
  const say = useText();
  const language = useLanguage();
  const [chosen, setChosen] = useState<QuickTool | null>(null);
  const view = server.tools.find((one) => one.tool === tool);
  if (view === undefined) return null;
  return (
    <div className="k-tool-button">
      {view.allowed ? (
        <Button variant="secondary" size="sm" onClick={open}>
          {label}
        </Button>
      ) : (
        <span className="k-quiet k-small">
          {label}: {refusalText(view, say, language)}
        </span>
      )}
      {!view.allowed && view.refusal?.code === 'stage-maintenance-first' && (
        <Button variant="link" isInline size="sm" onClick={() => setChosen('enter-maintenance')}>
          {say('actions.way')}
        </Button>
      )}
      {later !== undefined && (
        <Link className="k-small" to={later}>
          {say('settings.later')}
        </Link>
      )}
      {chosen !== null && <ToolDialog tool={chosen} servers={[server]} close={() => setChosen(null)} />}
    </div>
  );
}
