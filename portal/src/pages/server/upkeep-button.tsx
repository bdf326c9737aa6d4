import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import type { ServerDetail } from '../../api/types.ts';
import { refusalText } from '../../text/tell.ts';
import { useLanguage, useText } from '../../text/text.ts';

type View = NonNullable<ServerDetail['upkeep']>[number];

interface Props {
  server: ServerDetail;
  upkeep: View['upkeep'];
  label: string;
  danger?: boolean;
  open: () => void;
}

/** Opens what the provider may do with a server; or says why it cannot be done now. */
export function UpkeepButton({ server, upkeep, label, danger = false, open }: Props) {
  const say = useText();
  const language = useLanguage();
  const view = server.upkeep?.find((one) => one.upkeep === upkeep);
  if (view === undefined) return null;
  if (view.allowed)
    return (
      <Button variant={danger ? 'danger' : 'secondary'} size="sm" onClick={open}>
        {label}
      </Button>
    );
  return (
    <p className="k-quiet k-small">
      {label}: {refusalText(view, say, language)}
    </p>
  );
}
