import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { listing } from '../../api/listing.ts';
import { deploy } from '../../api/servers.ts';
import type { Profile, ServerDetail } from '../../api/types.ts';
import { Field } from '../../parts/field.tsx';
import { useText } from '../../text/text.ts';
import { FormDialog } from './form-dialog.tsx';

const PROFILES = '/lifecycle/v1/profiles';

/** Installs the operating system of a profile. */
export function DeployDialog({ server, close }: { server: ServerDetail; close: () => void }) {
  const say = useText();
  const [chosen, setChosen] = useState('');
  const own = useInfiniteQuery(listing<Profile>(PROFILES, 'profiles')).data ?? [];
  const shared = useInfiniteQuery(listing<Profile>(PROFILES, 'profiles', { public: 'true' })).data ?? [];
  const profiles = [...new Map([...own, ...shared].map((one) => [one.uuid, one])).values()];
  const profile = chosen === '' ? (profiles[0]?.uuid ?? '') : chosen;
  return (
    <FormDialog
      title={say('server.deploy')}
      lead={say('server.deploy.lead')}
      go={say('server.deploy.go')}
      disabled={profile === ''}
      run={() => deploy(server.uuid, profile)}
      close={close}
    >
      {profiles.length === 0 ? (
        <p>{say('server.deploy.none')}</p>
      ) : (
        <Field
          id="deploy-profile"
          label={say('server.deploy.profile')}
          value={profile}
          onChange={setChosen}
          choices={profiles.map(({ uuid, name, description }) => ({
            value: uuid,
            label: description === null ? name : `${name}: ${description}`,
          }))}
        />
      )}
    </FormDialog>
  );
}
