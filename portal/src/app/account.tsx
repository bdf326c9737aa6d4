import { Divider } from '@patternfly/react-core/dist/dynamic/components/Divider';
import {
  Dropdown,
  DropdownGroup,
  DropdownItem,
  DropdownList,
} from '@patternfly/react-core/dist/dynamic/components/Dropdown';
import { MenuToggle } from '@patternfly/react-core/dist/dynamic/components/MenuToggle';
import UserIcon from '@patternfly/react-icons/dist/esm/icons/user-icon';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../api/http.ts';
import { useText } from '../text/text.ts';
import { type Place, useSession } from './session.tsx';

interface Places {
  projects: { id: string; name: string }[];
  system: boolean;
}

/** Who is signed in and where; the other places where the account may work; signing out. */
export function Account() {
  const say = useText();
  const { session, move, signOut } = useSession();
  const [open, setOpen] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const places = useQuery({
    queryKey: ['session', 'places', session.user],
    queryFn: ({ signal }) => ask<Places>('/portal/session/places', { signal }),
    enabled: open,
  }).data;
  const here = session.system ? say('masthead.system') : (session.project?.name ?? '');

  function go(place: Place): void {
    setOpen(false);
    setFailure(null);
    move(place).catch((error: Error) => {
      setFailure(error.message);
      setOpen(true);
    });
  }

  return (
    <Dropdown
      isOpen={open}
      onOpenChange={setOpen}
      popperProps={{ position: 'right', appendTo: 'inline' }}
      toggle={(ref) => (
        <MenuToggle ref={ref} isExpanded={open} onClick={() => setOpen(!open)} icon={<UserIcon />}>
          <span className="k-account">
            <bdi className="k-account-user">{session.user}</bdi>
            <bdi className="k-account-place">{here}</bdi>
          </span>
        </MenuToggle>
      )}
    >
      <DropdownGroup label={say('masthead.place')}>
        <DropdownList>
          {failure !== null && (
            <DropdownItem isDisabled description={failure}>
              {say('place.failed')}
            </DropdownItem>
          )}
          {places?.system === true && (
            <DropdownItem isSelected={session.system} onClick={() => go('system')}>
              {say('masthead.system')}
            </DropdownItem>
          )}
          {(places?.projects ?? []).map(({ id, name }) => (
            <DropdownItem
              key={id}
              isSelected={session.project?.id === id}
              onClick={() => go({ project: id })}
            >
              <bdi>{name}</bdi>
            </DropdownItem>
          ))}
          {places === undefined && <DropdownItem isDisabled>{say('loading')}</DropdownItem>}
        </DropdownList>
      </DropdownGroup>
      <Divider />
      <DropdownList>
        <DropdownItem onClick={() => void signOut()}>{say('masthead.signout')}</DropdownItem>
      </DropdownList>
    </Dropdown>
  );
}
