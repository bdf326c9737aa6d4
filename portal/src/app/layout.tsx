import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import {
  Masthead,
  MastheadBrand,
  MastheadContent,
  MastheadMain,
  MastheadToggle,
} from '@patternfly/react-core/dist/dynamic/components/Masthead';
import {
  Page,
  PageSection,
  PageSidebar,
  PageSidebarBody,
  PageToggleButton,
} from '@patternfly/react-core/dist/dynamic/components/Page';
import { SkipToContent } from '@patternfly/react-core/dist/dynamic/components/SkipToContent';
import BarsIcon from '@patternfly/react-icons/dist/esm/icons/bars-icon';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useText } from '../text/text.ts';
import { Account } from './account.tsx';
import { Brand } from './brand.tsx';
import { Choices } from './choices.tsx';
import { useLive } from './live-updates.tsx';
import { Navigation } from './navigation.tsx';

const MAIN = 'main-content';

/** The frame around every page. */
export function Layout({ children }: { children: ReactNode }) {
  const say = useText();
  const live = useLive();
  const masthead = (
    <Masthead>
      <MastheadMain>
        <MastheadToggle>
          <PageToggleButton isHamburgerButton aria-label={say('app.menu')} variant="plain">
            <BarsIcon />
          </PageToggleButton>
        </MastheadToggle>
        <MastheadBrand>
          <Link to="/" className="k-brand-link">
            <Brand />
          </Link>
        </MastheadBrand>
      </MastheadMain>
      <MastheadContent>
        <div className="k-masthead">
          <span className={`k-live k-live-${live}`} role="status">
            {say(`live.${live}`)}
          </span>
          <Choices />
          <Account />
        </div>
      </MastheadContent>
    </Masthead>
  );
  return (
    <Page
      masthead={masthead}
      isManagedSidebar
      defaultManagedSidebarIsOpen
      mainContainerId={MAIN}
      skipToContent={<SkipToContent href={`#${MAIN}`}>{say('app.skip')}</SkipToContent>}
      sidebar={
        <PageSidebar>
          <PageSidebarBody>
            <Navigation />
          </PageSidebarBody>
        </PageSidebar>
      }
    >
      {live === 'lost' && (
        <Alert variant="warning" isInline title={say('live.lost')} component="p" className="k-lost">
          {say('live.lost.detail')}
        </Alert>
      )}
      <PageSection isFilled padding={{ default: 'noPadding' }}>
        <div className="k-page">{children}</div>
      </PageSection>
    </Page>
  );
}
