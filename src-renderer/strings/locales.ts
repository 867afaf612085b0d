import type { Catalog } from './catalog.ts';

interface Locale {
  /** In its own language. */
  readonly name: string;
  /** Loads its words. */
  readonly load: () => Promise<Catalog>;
  readonly isRightToLeft?: boolean;
  /** Not offered: made from English, to find what is not translated or does not fit. */
  readonly isPseudo?: boolean;
}

export const source = 'en-US';

/** The languages of the window besides English, in the order of the choice. */
export const locales: ReadonlyMap<string, Locale> = new Map<string, Locale>([
  ['de', { name: 'Deutsch', load: () => import('./de/index.ts').then(({ de }) => de) }],
  ['es', { name: 'Español', load: () => import('./es/index.ts').then(({ es }) => es) }],
  ['fr', { name: 'Français', load: () => import('./fr/index.ts').then(({ fr }) => fr) }],
  ['ja', { name: '日本語', load: () => import('./ja/index.ts').then(({ ja }) => ja) }],
  ['ko', { name: '한국어', load: () => import('./ko/index.ts').then(({ ko }) => ko) }],
  ['pt-BR', { name: 'Português (Brasil)', load: () => import('./pt-BR/index.ts').then(({ ptBR }) => ptBR) }],
  ['zh-CN', { name: '简体中文', load: () => import('./zh-CN/index.ts').then(({ zhCN }) => zhCN) }],
  ['en-XA', { name: 'Pseudo', isPseudo: true, load: () => import('./map-words.ts').then(({ longer }) => longer()) }],
  [
    'en-XB',
    {
      name: 'Pseudo, right to left',
      isPseudo: true,
      isRightToLeft: true,
      load: () => import('./map-words.ts').then(({ mirrored }) => mirrored()),
    },
  ],
]);

/** The first of the preferred languages that the window has: by its full name, else by its language alone ("pt" for "pt-BR"). */
export function bestLocale(preferred: readonly string[]): string {
  const offered = [source, ...[...locales].flatMap(([id, { isPseudo }]) => (isPseudo ? [] : [id]))];
  const languageOf = (id: string): string => id.split('-')[0]?.toLowerCase() ?? '';
  for (const wished of preferred) {
    const found =
      offered.find((id) => id.toLowerCase() === wished.toLowerCase()) ??
      // Traditional Chinese is another script than the Simplified one.
      (/^zh-(tw|hk|mo|hant)/i.test(wished) ? undefined : offered.find((id) => languageOf(id) === languageOf(wished)));
    if (found !== undefined) return found;
  }
  return source;
}
