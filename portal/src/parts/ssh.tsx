import { Copied } from './copied.tsx';

/** The command that logs in to a server, to copy. @param login null: the account is not known */
export function Ssh({ address, login }: { address: string; login: string | null }) {
  const command = login === null ? `ssh ${address}` : `ssh ${login}@${address}`;
  return (
    <Copied text={command} name={command}>
      <code className="k-ssh">{command}</code>
    </Copied>
  );
}
