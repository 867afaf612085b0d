import { german } from './de.ts';
import { nativeEnglish } from './en.ts';
import { spanish } from './es.ts';
import { french } from './fr.ts';
import { japanese } from './ja.ts';
import { korean } from './ko.ts';
import type { NativeWords } from './native-words.ts';
import { brazilianPortuguese } from './pt-BR.ts';
import { simplifiedChinese } from './zh-CN.ts';

const translations: ReadonlyMap<string, NativeWords> = new Map([
  ['de', german],
  ['es', spanish],
  ['fr', french],
  ['ja', japanese],
  ['ko', korean],
  ['pt-BR', brazilianPortuguese],
  ['zh-CN', simplifiedChinese],
]);
let current: NativeWords = nativeEnglish;

/** Native texts in the language that was set last; English before. */
export function nativeWords(): NativeWords {
  return current;
}

/** @param language a pseudo-locale, which translates the window alone, leaves native texts in English */
export function setNativeLanguage(language: string): void {
  current = translations.get(language) ?? nativeEnglish;
}

export { translations as nativeTranslations };
