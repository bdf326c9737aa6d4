import { Nav, NavGroup, NavItem, NavList } from '@patternfly/react-core/dist/dynamic/components/Nav';
import { useQuery } from '@tanstack/react-query';
import { NavLink, useLocation } from 'react-router';
import { serverCounts } from '../api/servers.ts';
import type { Stage } from '../api/types.ts';
import { TABLES } from '../pages/tables/table-facts.ts';
import { type TextKey, useText } from '../text/text.ts';
import { useSession } from './session.tsx';

/** The stages in the order of a server's life. */
export const STAGES: readonly Stage[] = [
  'registration',
  'inventory',
  'building',
  'in-use',
  'maintenance',
  'deletion',
  'disposed',
];

/** What is done with servers, beside their stages. */
const SERVICES = [
  { to: '/baremetal', text: 'nav.baremetal' },
  { to: '/orders', text: 'nav.orders' },
  { to: '/schedules', text: 'nav.schedules' },
  { to: '/isos', text: 'nav.isos' },
  { to: '/certificates', text: 'nav.certificates' },
] as const satisfies { to: string; text: TextKey }[];

/** What was done, told, and is to come. */
const RECORDS = [
  { to: '/audit', text: 'nav.audit' },
  { to: '/notices', text: 'nav.notices' },
  { to: '/reports', text: 'nav.reports' },
] as const satisfies { to: string; text: TextKey }[];

/** The way to every page, with live counts. */
export function Navigation() {
  const say = useText();
  const { session } = useSession();
  const counts = useQuery(serverCounts()).data;
  return (
    <Nav aria-label={say('app.navigation')}>
      <NavList>
        <Item to="/attention" count={counts?.attention} alarming>
          {say('nav.attention')}
        </Item>
        <Item to="/racks">{say('nav.racks')}</Item>
      </NavList>
      <NavGroup title={say('nav.lifecycle')}>
        {STAGES.map((stage) => (
          <Item key={stage} to={`/stages/${stage}`} count={counts?.stages[stage]?.count}>
            {say(`stage.${stage}`)}
          </Item>
        ))}
      </NavGroup>
      <NavGroup title={say('nav.services')}>
        {SERVICES.map(({ to, text }) => (
          <Item key={to} to={to}>
            {say(text)}
          </Item>
        ))}
      </NavGroup>
      <NavGroup title={say('nav.trail')}>
        {RECORDS.map(({ to, text }) => (
          <Item key={to} to={to}>
            {say(text)}
          </Item>
        ))}
      </NavGroup>
      <NavGroup title={say('nav.admin')}>
        {session.system && <Item to="/quotas">{say('nav.quotas')}</Item>}
        {TABLES.filter(({ everybody }) => session.system || everybody === true).map(({ name }) => (
          <Item key={name} to={`/admin/${name}`}>
            {say(`table.${name}`)}
          </Item>
        ))}
      </NavGroup>
    </Nav>
  );
}

interface ItemProps {
  to: string;
  count?: number | undefined;
  /** More than none is something to look at. */
  alarming?: boolean;
  children: string;
}

function Item({ to, count, alarming = false, children }: ItemProps) {
  const { pathname } = useLocation();
  const here = pathname === to || pathname.startsWith(`${to}/`);
  const marked = alarming && count !== undefined && count > 0;
  return (
    <NavItem isActive={here}>
      <NavLink to={to}>
        <span className="k-nav-text">{children}</span>
        {count !== undefined && (
          <span className={marked ? 'k-nav-count k-nav-attention' : 'k-nav-count'}>
            {count.toLocaleString()}
          </span>
        )}
      </NavLink>
    </NavItem>
  );
}
