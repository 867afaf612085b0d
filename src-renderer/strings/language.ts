import type { StudioBridge } from '../../src-shared/contract/bridge.ts';
import { setCurrentLocale } from '../../src-shared/format/locale.ts';
import { bestLanguage, sourceLanguage, systemLanguage } from '../../src-shared/languages.ts';
import { fileCommands, helpCommands, windowCommands } from '../../src-shared/menu-commands.ts';
import { pageNames } from '../../src-shared/pages.ts';
import { locales } from './locales.ts';

let chosen = systemLanguage;

/** The chosen language, or `system`. */
export function chosenLanguage(): string {
  return chosen;
}

/** The choices of the settings. Pseudo-locales are offered while they are chosen, and in development. */
export function languageChoices(systemLabel: string): { readonly value: string; readonly label: string }[] {
  const offered = [...locales].filter(([id, { isPseudo }]) => !isPseudo || import.meta.env.DEV || id === chosen);
  return [
    { value: systemLanguage, label: systemLabel },
    { value: sourceLanguage, label: 'English' },
    ...offered.map(([value, { name }]) => ({ value, label: name })),
  ];
}

/**
 * Replaces the English words by those of the chosen language, which the shell keeps. Must be done before any module that reads words is
 * loaded; for English nothing is loaded. Another choice loads the page again: many parts of it read their words once.
 */
export async function loadLanguage({
  language,
  languages,
}: Pick<StudioBridge, 'language' | 'languages'>): Promise<void> {
  language.onChange(() => location.reload());
  chosen = await language.read();
  const id = chosen === sourceLanguage || locales.has(chosen) ? chosen : bestLanguage(languages);
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
