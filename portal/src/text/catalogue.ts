export type Language = 'en' | 'ja';

/** Texts of one part of the portal, key by key in both languages. */
export interface Catalogue<K extends string> {
  en: Readonly<Record<K, string>>;
  ja: Readonly<Record<K, string>>;
}

/** Checks that both languages have the same keys: one that lacks a text does not compile. */
export function catalogue<K extends string>(
  en: Readonly<Record<K, string>>,
  ja: Readonly<Record<NoInfer<K>, string>>,
): Catalogue<K> {
  return { en, ja };
}
