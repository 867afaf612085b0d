import { languageNames } from '../../src-shared/languages.ts';
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

const loaders: Readonly<Record<string, () => Promise<Catalog>>> = {
  de: () => import('./de/index.ts').then(({ de }) => de),
  es: () => import('./es/index.ts').then(({ es }) => es),
  fr: () => import('./fr/index.ts').then(({ fr }) => fr),
  ja: () => import('./ja/index.ts').then(({ ja }) => ja),
  ko: () => import('./ko/index.ts').then(({ ko }) => ko),
  'pt-BR': () => import('./pt-BR/index.ts').then(({ ptBR }) => ptBR),
  'zh-CN': () => import('./zh-CN/index.ts').then(({ zhCN }) => zhCN),
};

/** The languages of the window besides English, in the order of the choice. */
export const locales: ReadonlyMap<string, Locale> = new Map<string, Locale>([
  ...[...languageNames].flatMap(([id, name]): [string, Locale][] => {
    const load = loaders[id];
    return load === undefined ? [] : [[id, { name, load }]];
  }),
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
