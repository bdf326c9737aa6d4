import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import CheckIcon from '@patternfly/react-icons/dist/esm/icons/check-icon';
import CopyIcon from '@patternfly/react-icons/dist/esm/icons/copy-icon';
import { type ReactNode, useState } from 'react';
import { useText } from '../text/text.ts';

/** Something with a button that copies `text`; without one where the browser gives no clipboard (not over TLS). */
export function Copied({ text, name, children }: { text: string; name: string; children: ReactNode }) {
  const say = useText();
  const [done, setDone] = useState<boolean | null>(null);
  // Undefined where the page is not secure, whatever the types say.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  const copy = (to: Clipboard): void => {
    to.writeText(text).then(
      () => setDone(true),
      () => setDone(false),
    );
  };
  return (
    <span className="k-copied">
      {children}
      {clipboard !== undefined && (
        <Button
          variant="plain"
          className="k-copy"
          aria-label={say('copy.one', { name })}
          icon={done === true ? <CheckIcon /> : <CopyIcon />}
          onClick={() => copy(clipboard)}
          onBlur={() => setDone(null)}
        />
      )}
      <span role="status" className={done === false ? 'k-quiet' : 'pf-v6-screen-reader'}>
        {done !== null && say(done ? 'copy.done' : 'console.clipboard.refused')}
      </span>
    </span>
  );
}
