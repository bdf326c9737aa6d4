import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Form, FormGroup } from '@patternfly/react-core/dist/dynamic/components/Form';
import { Progress } from '@patternfly/react-core/dist/dynamic/components/Progress';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { announceIso, type Iso, readIso } from '../../api/isos.ts';
import { Field } from '../../parts/field.tsx';
import { Refusal } from '../../parts/refusal.tsx';
import { useLanguage, useText } from '../../text/text.ts';
import { sizeText } from './sizes.ts';
import { OtherBytes, type UploadProgress, uploadIso } from './upload.ts';

interface Props {
  /** An upload that broke off, to go on with; null: a new one. */
  rest: Iso | null;
  done: () => void;
}

type Work = { at: 'idle' } | { at: 'sending'; progress: UploadProgress } | { at: 'ready'; iso: Iso };

/** Brings an image from this computer. The SHA-256 that its maker tells is checked by the service, and one is computed here on the way. */
export function UploadForm({ rest, done }: Props) {
  const say = useText();
  const client = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [fields, setFields] = useState({ name: '', sha256: '' });
  const [work, setWork] = useState<Work>({ at: 'idle' });
  const [error, setError] = useState<Error | null>(null);
  const leaving = useRef<AbortController | null>(null);
  useEffect(() => () => leaving.current?.abort(), []);
  const other = rest !== null && file !== null && file.size !== rest.size_bytes;

  async function send(chosen: File): Promise<void> {
    const left = new AbortController();
    leaving.current = left;
    setError(null);
    setWork({ at: 'sending', progress: { sent_bytes: rest?.received_bytes ?? 0, bytes_per_s: null } });
    try {
      const announced = {
        name: fields.name.trim() === '' ? chosen.name : fields.name.trim(),
        size_bytes: chosen.size,
        ...(fields.sha256.trim() === '' ? {} : { sha256: fields.sha256.trim() }),
      };
      // The list may have been read before the last part came.
      const iso = await (rest === null
        ? announceIso(announced, left.signal)
        : readIso(rest.uuid, left.signal));
      const tell = (progress: UploadProgress): void => setWork({ at: 'sending', progress });
      setWork({ at: 'ready', iso: await uploadIso(chosen, iso, tell, left.signal) });
      setFile(null);
      setFields({ name: '', sha256: '' });
      done();
    } catch (failure) {
      setWork({ at: 'idle' });
      if (!left.signal.aborted)
        setError(failure instanceof OtherBytes ? new Error(say('isos.other-bytes')) : (failure as Error));
    }
    void client.invalidateQueries({ queryKey: ['isos'] });
  }

  return (
    <>
      <Form
        className="k-form k-row-form"
        aria-label={say('isos.upload')}
        onSubmit={(event) => {
          event.preventDefault();
          if (file !== null) void send(file);
        }}
      >
        <FormGroup label={say('isos.file')} fieldId="iso-file" isRequired className="k-field-wide">
          <input
            id="iso-file"
            type="file"
            accept=".iso,.img,application/x-iso9660-image,application/octet-stream"
            required
            disabled={work.at === 'sending'}
            className="k-file"
            onChange={({ currentTarget }) => setFile(currentTarget.files?.[0] ?? null)}
          />
        </FormGroup>
        {rest === null && (
          <>
            <Field
              id="iso-name"
              label={say('isos.name')}
              value={fields.name}
              onChange={(name) => setFields((before) => ({ ...before, name }))}
              maxLength={255}
              placeholder={file?.name ?? ''}
            />
            <Field
              id="iso-sha256"
              label={say('isos.sha256.given')}
              value={fields.sha256}
              onChange={(sha256) => setFields((before) => ({ ...before, sha256 }))}
              mono
              wide
              maxLength={64}
            />
          </>
        )}
        <Button type="submit" isDisabled={other || work.at === 'sending'}>
          {say(rest === null ? 'isos.send' : 'isos.go-on')}
        </Button>
        {work.at === 'sending' && (
          <Button variant="secondary" onClick={() => leaving.current?.abort()}>
            {say('isos.stop')}
          </Button>
        )}
      </Form>
      {other && <Refusal title={say('isos.other-file')} error={new Error(say('isos.other-file.body'))} />}
      <Refusal title={say('refused')} error={error} />
      {work.at === 'sending' && file !== null && <Sending file={file} progress={work.progress} />}
      {work.at === 'ready' && (
        <Alert variant="success" isInline component="h3" title={say('isos.ready', { name: work.iso.name })}>
          <p>
            {say('isos.sha256.same')} <code className="k-hash">{work.iso.sha256}</code>
          </p>
        </Alert>
      )}
    </>
  );
}

function Sending({ file, progress: { sent_bytes, bytes_per_s } }: { file: File; progress: UploadProgress }) {
  const say = useText();
  const language = useLanguage();
  const rate = bytes_per_s === null ? '' : `, ${sizeText(bytes_per_s, language)}/s`;
  const label = `${sizeText(sent_bytes, language)} / ${sizeText(file.size, language)}${rate}`;
  return (
    <Progress
      id="iso-progress"
      className="k-gap"
      value={(100 * sent_bytes) / Math.max(1, file.size)}
      title={say('isos.sending', { name: file.name })}
      label={label}
      valueText={label}
      size="sm"
    />
  );
}
