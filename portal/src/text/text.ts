import { createInstance, type i18n } from 'i18next';
import { useCallback, useSyncExternalStore } from 'react';
import type { Language } from './catalogue.ts';
import { consoles } from './consoles.ts';
import { fields } from './fields.ts';
import { hardware } from './hardware.ts';
import { isos } from './isos.ts';
import { layout } from './layout.ts';
import { orders } from './orders.ts';
import { racks } from './racks.ts';
import { schedules } from './schedules.ts';
import { server } from './server.ts';
import { servers } from './servers.ts';
import { settings } from './settings.ts';
import { tables } from './tables.ts';
import { told } from './told.ts';
import { tools } from './tools.ts';
import { trail } from './trail.ts';
import { upkeep } from './upkeep.ts';

/** Every catalogue; a key stands in one of them. */
const CATALOGUES = [
  ...([layout, servers, tools, server, racks, orders, schedules, tables, consoles, isos, told] as const),
  ...([fields, hardware, settings, trail, upkeep] as const),
] as const;

type KeysOf<C> = C extends { en: Readonly<Record<infer K, string>> } ? K & string : never;
type Plain<K> = K extends `${infer S}_one` | `${infer S}_other` ? S : K;

/** A text's name; of texts with a count the name without `_one` and `_other`. */
export type TextKey = Plain<KeysOf<(typeof CATALOGUES)[number]>>;
export type Values = Readonly<Record<string, string | number>>;
/** The text of a key in the language that is chosen, with its values put in. Values are data: React shows them as text. */
export type Say = (key: TextKey, values?: Values) => string;

const KEPT = 'kurogane.language';
const LANGUAGES: readonly Language[] = ['en', 'ja'];

const texts = (language: Language): Record<string, string> =>
  Object.assign({}, ...CATALOGUES.map((one) => one[language]));

function wanted(): Language {
  const kept = localStorage.getItem(KEPT);
  const first = kept ?? navigator.language.slice(0, 2);
  return LANGUAGES.find((language) => language === first) ?? 'en';
}

function start(): i18n {
  const made = createInstance();
  void made.init({
    lng: wanted(),
    fallbackLng: 'en',
    initAsync: false,
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
    resources: { en: { translation: texts('en') }, ja: { translation: texts('ja') } },
  });
  document.documentElement.lang = made.language;
  return made;
}

const instance = start();

function subscribe(listener: () => void): () => void {
  instance.on('languageChanged', listener);
  return () => instance.off('languageChanged', listener);
}

export function hasText(key: string): key is TextKey {
  return instance.exists(key);
}

export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, () => instance.language as Language);
}

export function chooseLanguage(language: Language): void {
  localStorage.setItem(KEPT, language);
  document.documentElement.lang = language;
  void instance.changeLanguage(language);
}

export function useText(): Say {
  const language = useLanguage();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another language is another function, so that what shows texts is drawn anew
  return useCallback((key, values) => instance.t(key, values ?? {}), [language]);
}
