import { describe, expect, test } from 'vitest';
import { english } from '../../../src-renderer/strings/catalog.ts';
import { locales } from '../../../src-renderer/strings/locales.ts';
import { replaceWords } from '../../../src-renderer/strings/map-words.ts';
import { bestLanguage } from '../../../src-shared/languages.ts';
import { nativeEnglish } from '../../../src-shared/native-words/en.ts';
import { nativeTranslations } from '../../../src-shared/native-words/index.ts';
import { unchanged } from './unchanged.ts';

type Leaf = readonly [path: string, value: unknown];

function leaves(value: unknown, path: string): Leaf[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, entry]) => leaves(entry, path === '' ? key : `${path}.${key}`));
}

/** An argument of any type that notes that it was used: as text, number, list or object. */
function sentinel(onUse: () => void): unknown {
  const whole: unknown = new Proxy(() => undefined, {
    apply: () => whole,
    get(_target, key) {
      onUse();
      if (key === Symbol.toPrimitive) return (hint: string) => (hint === 'number' ? 2 : '2');
      if (key === Symbol.iterator) return () => ['2'].values();
      return key === 'length' ? 2 : whole;
    },
  });
  return whole;
}

/** Indexes of the parameters that the text depends on; null where the function does not accept a sentinel. */
function usedParameters(owner: object, call: unknown): ReadonlySet<number> | null {
  const used = new Set<number>();
  const args = Array.from({ length: 6 }, (_, index) => sentinel(() => used.add(index)));
  try {
    if (typeof call === 'function') String(Reflect.apply(call, owner, args));
    return used;
  } catch {
    return null;
  }
}

/** Names that a program reads: settings, commands, templates. */
const names = (text: string): readonly string[] =>
  text.match(/\{\{.*?\}\}|\b[a-z]+(?:_[a-z]+)+\b|\bcoto [a-z]+/g) ?? [];

/** Texts of a narrow place: rail, buttons, heads of columns. */
const isNarrow = (path: string): boolean =>
  /^app\.pageLabels\.|\.columns\.(?!.*Help)|^app\.(collapse|search)$/.test(path);
/** Columns that the text takes: East Asian letters are twice as wide. */
const widthOf = (text: string): number => [...text].reduce((sum, letter) => sum + (letter >= '\u2e80' ? 2 : 1), 0);

const source = new Map(leaves({ ...english, native: nativeEnglish }, ''));
const translated = [...locales].filter(([, { isPseudo }]) => !isPseudo);

describe.each(translated)('the words of %s', (id, { load }) => {
  test('use the same parameters, names and dots as English, and fit', async () => {
    const words = await load();
    const faults: string[] = [];
    const same = new Set<string>();
    for (const [path, value] of leaves({ ...words, native: nativeTranslations.get(id) }, '')) {
      const original = source.get(path);
      if (typeof original === 'function' && typeof value === 'function') {
        const wanted = usedParameters(english.dataEditor, original);
        const used = usedParameters(words.dataEditor, value);
        for (const index of wanted ?? [])
          if (used?.has(index) === false) faults.push(`${path}: parameter ${index + 1} is not used`);
      }
      if (typeof original !== 'string' || typeof value !== 'string') continue;
      if (value.trim() === '' && original !== '') faults.push(`${path}: empty`);
      for (const name of names(original)) if (!value.includes(name)) faults.push(`${path}: lacks ${name}`);
      if (original.endsWith('…') !== value.endsWith('…')) faults.push(`${path}: … at the end`);
      if (isNarrow(path) && widthOf(value) > Math.max(1.6 * original.length, original.length + 6))
        faults.push(`${path}: "${value}" is too long for "${original}"`);
      if (value !== original) continue;
      same.add(value);
      if (/[a-z]{3}/i.test(value) && !unchanged[id]?.has(value)) faults.push(`${path}: "${value}" is English`);
    }
    expect(faults).toEqual([]);
    expect([...(unchanged[id] ?? [])].filter((word) => !same.has(word))).toEqual([]);
  });
});

test('a pseudo-locale changes every text, also those of functions', async () => {
  const words = await locales.get('en-XA')?.load();
  expect(words?.app.search).toBe('⟦Šéåŕçĥ·⟧');
  expect(words?.studies.count(3)).toBe('⟦3 šťûðîéš··⟧');
  expect(words?.dataEditor.step({ step: 'trim' })).toContain('⟦');
});

test('replaces words in place, so that a group held elsewhere has the new ones', () => {
  const held = { group: { word: 'Train', of: (count: number) => `${count} runs` }, list: ['a'] };
  const { group } = held;
  replaceWords(held, { group: { word: 'Trainieren', of: (count) => `${count} Läufe` }, list: ['b', 'c'] });
  expect([group.word, group.of(2), held.list]).toEqual(['Trainieren', '2 Läufe', ['b', 'c']]);
});

test.each([
  [['fi-FI', 'en-GB'], 'en-US'],
  [['zh-TW', 'fi'], 'en-US'],
  [[], 'en-US'],
])('the system languages %j give %s', (preferred, locale) => {
  expect(bestLanguage(preferred)).toBe(locale);
});
