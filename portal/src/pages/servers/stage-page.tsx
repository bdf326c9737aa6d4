import { useQuery } from '@tanstack/react-query';
import { NavLink, useParams } from 'react-router';
import { serverCounts } from '../../api/servers.ts';
import { MissingPage } from '../../app/missing-page.tsx';
import { STAGES } from '../../app/navigation.tsx';
import { useText } from '../../text/text.ts';
import { ServerList } from './server-list.tsx';

/** The servers of a stage, with the other stages as tabs. */
export function StagePage() {
  const say = useText();
  const { stage: wanted } = useParams();
  const counts = useQuery(serverCounts()).data;
  const stage = STAGES.find((one) => one === wanted);
  if (stage === undefined) return <MissingPage />;
  return (
    <>
      <h1 className="k-title">{say('nav.lifecycle')}</h1>
      <nav className="k-tabs" aria-label={say('stage.tabs')}>
        {STAGES.map((one) => {
          const { count, attention } = counts?.stages[one] ?? { count: undefined, attention: 0 };
          return (
            <NavLink key={one} to={`/stages/${one}`} className="k-tab">
              {say(`stage.${one}`)}
              {count !== undefined && (
                <span className={attention > 0 ? 'k-count k-count-attention' : 'k-count'}>
                  {count.toLocaleString()}
                </span>
              )}
            </NavLink>
          );
        })}
      </nav>
      <ServerList stage={stage} />
    </>
  );
}
