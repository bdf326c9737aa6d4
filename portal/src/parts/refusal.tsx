import { Alert } from '@patternfly/react-core/dist/dynamic/components/Alert';
import { FormHelperText } from '@patternfly/react-core/dist/dynamic/components/Form';
import { HelperText, HelperTextItem } from '@patternfly/react-core/dist/dynamic/components/HelperText';

/** The field that a refusal is about: the first of `names` that its words name; null: none. */
export function fieldOf(error: Error | null, names: readonly string[]): string | null {
  if (error === null) return null;
  const found = names
    .map((name) => ({ name, at: error.message.search(new RegExp(`(?<![\\w-])${name}(?![\\w-])`)) }))
    .filter(({ at }) => at !== -1)
    .sort((a, b) => a.at - b.at || b.name.length - a.name.length);
  return found[0]?.name ?? null;
}

/** Why the service refused, at the head of a form. */
export function Refusal({ title, error }: { title: string; error: Error | null }) {
  if (error === null) return null;
  return (
    <Alert variant="danger" isInline title={title} component="p" className="k-refusal">
      <span>{error.message}</span>
    </Alert>
  );
}

/** What is to be known of a field, or why it was refused. */
export function FieldHelp({
  id,
  refused,
  help,
}: {
  id: string;
  refused?: string | null;
  help?: string | undefined;
}) {
  if (refused !== null && refused !== undefined)
    return (
      <FormHelperText>
        <HelperText id={id} isLiveRegion>
          <HelperTextItem variant="error">{refused}</HelperTextItem>
        </HelperText>
      </FormHelperText>
    );
  if (help === undefined) return null;
  return (
    <FormHelperText>
      <HelperText id={id}>
        <HelperTextItem>{help}</HelperTextItem>
      </HelperText>
    </FormHelperText>
  );
}
