import type { ProfileRecord } from './registration-records.ts';

const NAME = '[a-z_][a-z0-9_-]{0,31}';
/** Where a template names the account that it makes: the first one counts. */
const ACCOUNTS: Readonly<Record<NonNullable<ProfileRecord['template_kind']>, RegExp>> = {
  'cloud-init': new RegExp(
    `^users:\\s*(?:\\n\\s*-\\s*default\\s*)?\\n\\s*-\\s*name:\\s*["']?(${NAME})\\b`,
    'm',
  ),
  kickstart: new RegExp(`^user\\s[^\\n]*--name[= ]["']?(${NAME})\\b`, 'm'),
  preseed: new RegExp(`passwd/username\\s+string\\s+(${NAME})\\b`),
  ignition: new RegExp(`"users"\\s*:\\s*\\[\\s*\\{[^{}]*"name"\\s*:\\s*"(${NAME})"`),
};

/** The account that a profile makes for whoever uses its servers, as its template says; null: it does not say. Pure. */
export function loginOf({
  template_kind,
  template,
}: Pick<ProfileRecord, 'template_kind' | 'template'>): string | null {
  if (template_kind === null || template === null) return null;
  return ACCOUNTS[template_kind].exec(template)?.[1] ?? null;
}
