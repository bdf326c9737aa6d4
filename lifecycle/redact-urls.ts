import { MASK } from './secret-names.ts';

/** `user:password@` in a URL; the password may itself hold `@`, so the last one before the path ends it. */
const URL_PASSWORD = /([a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@"'\\]{0,256}):[^\s/"'\\]{0,1024}@/gi;

/** `text` without the passwords of the URLs in it. */
export function redactUrls(text: string): string {
  return text.includes('://') ? text.replace(URL_PASSWORD, `$1:${MASK}@`) : text;
}
