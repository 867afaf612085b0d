import { setCurrentLocale } from '../../src-shared/format/locale.ts';
import { fileCommands, helpCommands, windowCommands } from '../../src-shared/menu-commands.ts';
import { pageNames } from '../../src-shared/pages.ts';
import { bestLocale, locales, source } from './locales.ts';

const key = 'coto.language';
export const systemLanguage = 'system';

/** The chosen locale, or `system`. */
export function chosenLanguage(): string {
  return localStorage.getItem(key) ?? systemLanguage;
}

/** The choices of the settings. Pseudo-locales are offered while they are chosen, and in development. */
export function languageChoices(systemLabel: string): { readonly value: string; readonly label: string }[] {
  const chosen = chosenLanguage();
  const offered = [...locales].filter(([id, { isPseudo }]) => !isPseudo || import.meta.env.DEV || id === chosen);
  return [
    { value: systemLanguage, label: systemLabel },
    { value: source, label: 'English' },
    ...offered.map(([value, { name }]) => ({ value, label: name })),
  ];
}

/** Keeps the choice and loads the page again, here and in the other windows: many parts of it read their words once. */
export function chooseLanguage(language: string): void {
  if (language === chosenLanguage()) return;
  localStorage.setItem(key, language);
  location.reload();
}

/**
 * Replaces the English words by those of the chosen language. Must be done before any module that reads words is loaded; for English
 * nothing is loaded.
 */
export async function loadLanguage(preferred: readonly string[]): Promise<void> {
  addEventListener('storage', (event) => {
    if (event.key === key) location.reload();
  });
  const chosen = chosenLanguage();
  const id = chosen === source || locales.has(chosen) ? chosen : bestLocale(preferred);
  const locale = locales.get(id);
  document.documentElement.lang = id;
  document.documentElement.dir = locale?.isRightToLeft ? 'rtl' : 'ltr';
  if (locale === undefined) return;
  const [words, { english }, { replaceWords }] = await Promise.all([
    locale.load(),
    import('./catalog.ts'),
    import('./map-words.ts'),
  ]);
  replaceWords(english, words);
  const { pageLabels, commandLabels } = words.app;
  for (const page of pageNames) Reflect.set(page, 'label', pageLabels[page.id]);
  for (const command of [...fileCommands.flat(), ...helpCommands, ...Object.values(windowCommands)])
    Reflect.set(command, 'label', commandLabels[command.id] ?? command.label);
  setCurrentLocale(id);
}
