import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Card, CardBody, CardTitle } from '@patternfly/react-core/dist/dynamic/components/Card';
import { ActionGroup, Form, FormGroup } from '@patternfly/react-core/dist/dynamic/components/Form';
import { FormSelect, FormSelectOption } from '@patternfly/react-core/dist/dynamic/components/FormSelect';
import { Modal, ModalBody, ModalHeader } from '@patternfly/react-core/dist/dynamic/components/Modal';
import { TextInput } from '@patternfly/react-core/dist/dynamic/components/TextInput';
import { type FormEvent, useState } from 'react';
import { ApiError, ask } from '../api/http.ts';
import type { Session } from '../api/types.ts';
import { useText } from '../text/text.ts';
import { Brand } from './brand.tsx';
import { Choices } from './choices.tsx';
import { keptPlace } from './session.tsx';

type Done = (session: Session) => void;
type Method = 'password' | 'application_credential';

/** The page of who is not signed in. */
export function SignInPage({ done }: { done: Done }) {
  const say = useText();
  return (
    <main className="k-sign-in">
      <div className="k-sign-in-box">
        <div className="k-sign-in-head">
          <Brand />
          <Choices />
        </div>
        <Card>
          <CardTitle component="h1">{say('signin.title')}</CardTitle>
          <CardBody>
            <SignInForm done={done} />
          </CardBody>
        </Card>
      </div>
    </main>
  );
}

/** Over a page whose session ended: the page stays as it is. */
export function SignInDialog({ username, done }: { username: string; done: Done }) {
  const say = useText();
  return (
    <Modal isOpen variant="small" aria-labelledby="sign-in-again">
      <ModalHeader title={say('signin.title')} labelId="sign-in-again" description={say('signin.again')} />
      <ModalBody>
        <SignInForm username={username} done={done} />
      </ModalBody>
    </Modal>
  );
}

function SignInForm({ username = '', done }: { username?: string; done: Done }) {
  const say = useText();
  const [method, setMethod] = useState<Method>('password');
  const [fields, setFields] = useState({ username, password: '', domain: 'Default', id: '', secret: '' });
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const { id, secret, password, domain } = fields;
  const set = (name: keyof typeof fields) => (_event: FormEvent, value: string) =>
    setFields((before) => ({ ...before, [name]: value }));

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setFailure(null);
    const scope = keptPlace();
    const body =
      method === 'password'
        ? { method, username: fields.username, password, domain, ...(scope === undefined ? {} : { scope }) }
        : { method, id, secret };
    try {
      const { session } = await ask<{ session: Session }>('/portal/session', { method: 'POST', body });
      done(session);
    } catch (error) {
      const refused = error instanceof ApiError && error.status === 401;
      setFailure(refused ? say('signin.refused') : (error as Error).message);
      setBusy(false);
    }
  }

  return (
    <Form onSubmit={(event) => void submit(event)}>
      {failure !== null && (
        <Alert variant="danger" isInline title={say('signin.failed')} component="p">
          {failure}
        </Alert>
      )}
      <FormGroup label={say('signin.method')} fieldId="method">
        <FormSelect id="method" value={method} onChange={(_event, value) => setMethod(value as Method)}>
          <FormSelectOption value="password" label={say('signin.method.password')} />
          <FormSelectOption
            value="application_credential"
            label={say('signin.method.application_credential')}
          />
        </FormSelect>
      </FormGroup>
      {method === 'password' ? (
        <>
          <FormGroup label={say('signin.username')} fieldId="username" isRequired>
            <TextInput
              id="username"
              autoComplete="username"
              isRequired
              value={fields.username}
              onChange={set('username')}
            />
          </FormGroup>
          <FormGroup label={say('signin.password')} fieldId="password" isRequired>
            <TextInput
              id="password"
              type="password"
              autoComplete="current-password"
              isRequired
              value={password}
              onChange={set('password')}
            />
          </FormGroup>
          <FormGroup label={say('signin.domain')} fieldId="domain">
            <TextInput id="domain" value={domain} onChange={set('domain')} />
          </FormGroup>
        </>
      ) : (
        <>
          <FormGroup label={say('signin.credential.id')} fieldId="credential" isRequired>
            <TextInput id="credential" autoComplete="off" isRequired value={id} onChange={set('id')} />
          </FormGroup>
          <FormGroup label={say('signin.credential.secret')} fieldId="secret" isRequired>
            <TextInput
              id="secret"
              type="password"
              autoComplete="off"
              isRequired
              value={secret}
              onChange={set('secret')}
            />
          </FormGroup>
        </>
      )}
      <ActionGroup>
        <Button type="submit" variant="primary" isBlock isLoading={busy} isDisabled={busy}>
          {say('signin.submit')}
        </Button>
      </ActionGroup>
    </Form>
  );
}
