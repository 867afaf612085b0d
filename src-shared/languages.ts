import { z } from 'zod';

/** File of the home that holds the chosen language in one line; the language of the system without it. */
export const languageFileName = 'language.txt';

export const sourceLanguage = 'en-US';
/** The choice of the language that the system prefers. */
export const systemLanguage = 'system';

/** Languages besides English, by id, each with its name in itself, in the order of the choice. */
export const languageNames: ReadonlyMap<string, string> = new Map([
  ['de', 'Deutsch'],
  ['es', 'Español'],
  ['fr', 'Français'],
  ['ja', '日本語'],
  ['ko', '한국어'],
  ['pt-BR', 'Português (Brasil)'],
  ['zh-CN', '简体中文'],
]);

/** Languages made from English, to find texts that are not translated or do not fit. */
export const pseudoLanguages = ['en-XA', 'en-XB'] as const;

export const languageChoiceSchema = z.enum([
  systemLanguage,
  sourceLanguage,
  ...languageNames.keys(),
  ...pseudoLanguages,
]);

/** Returns the first preferred language that the app has: by its full name, else by its language alone ("pt" for "pt-BR"). */
export function bestLanguage(preferred: readonly string[]): string {
  const offered = [sourceLanguage, ...languageNames.keys()];
  const languageOf = (id: string): string => id.split('-')[0]?.toLowerCase() ?? '';
  for (const wished of preferred) {
    const found =
      offered.find((id) => id.toLowerCase() === wished.toLowerCase()) ??
      // Traditional Chinese is another script than the Simplified one.
      (/^zh-(tw|hk|mo|hant)/i.test(wished) ? undefined : offered.find((id) => languageOf(id) === languageOf(wished)));
    if (found !== undefined) return found;
  }
  return sourceLanguage;
}
