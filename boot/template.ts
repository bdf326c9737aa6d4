import type { JsonObject } from '../lifecycle/json.ts';
import type { TemplateKind } from '../lifecycle/registration-records.ts';

/** `{{ name }}`: what a template has filled in. */
const PLACE = /\{\{ *([a-z_]+) *\}\}/g;

/**
 * The answers of an installer for one server: the template with what is known of the server in its places. Debian's preseed, kickstart,
 * cloud-init and Ignition are filled in alike; in Ignition, which is JSON, values are escaped as its strings are. What is not known
 * (no gateway) is empty. Pure.
 *
 * @returns the text; or the places that name nothing that there is.
 */
export function renderTemplate(
  kind: TemplateKind,
  template: string,
  facts: JsonObject,
): { text: string } | { unknown: string[] } {
  const unknown = new Set<string>();
  const text = template.replace(PLACE, (place, name: string) => {
    if (!Object.hasOwn(facts, name)) {
      unknown.add(name);
      return place;
    }
    const value = oneLine(facts[name]);
    return kind === 'ignition' ? JSON.stringify(value).slice(1, -1) : value;
  });
  return unknown.size > 0 ? { unknown: [...unknown] } : { text };
}

/** A value may not begin another line of an installer's answers. */
function oneLine(value: unknown): string {
  return value === null || value === undefined ? '' : String(value).replace(/\p{Cc}+/gu, ' ');
}
