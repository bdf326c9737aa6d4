import { Component, type ReactNode } from 'react';
import { useText } from '../text/text.ts';

/** Says so when a page fails, instead of showing nothing. */
export class Crash extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error === null ? this.props.children : <CrashPage error={error} />;
  }
}

function CrashPage({ error }: { error: Error }) {
  const say = useText();
  return (
    <main className="k-crash">
      <h1>{say('error.crash')}</h1>
      <pre>{error.message}</pre>
      <button type="button" onClick={() => location.reload()}>
        {say('error.reload')}
      </button>
    </main>
  );
}
