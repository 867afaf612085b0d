import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog as log } from '../../src-main/logging/log.ts';
import { LanguageStore } from '../../src-main/shell/language-store.ts';
import { quitQuestion } from '../../src-main/shell/quit-question.ts';
import { runningText } from '../../src-main/shell/running-state.ts';
import { languageNames } from '../../src-shared/languages.ts';
import { nativeTranslations, setNativeLanguage } from '../../src-shared/native-words/index.ts';

let file: string;
beforeEach(() => {
  file = join(mkdtempSync(join(tmpdir(), 'coto-language-')), 'language.txt');
});
afterEach(() => {
  setNativeLanguage('en-US');
  rmSync(dirname(file), { recursive: true, force: true });
});

test('follows the system until a language is chosen, which is kept in the home and reported once', () => {
  const told: string[] = [];
  const options = { file, log, preferred: ['fr-CA', 'en-US'], onChange: (choice: string) => told.push(choice) };
  const store = new LanguageStore(options);
  expect([store.chosen, store.language]).toEqual(['system', 'fr']);
  store.choose('ja');
  store.choose('ja');
  expect(readFileSync(file, 'utf8')).toBe('ja\n');
  expect(told).toEqual(['ja']);
  expect(new LanguageStore(options).language).toBe('ja');
});

test.each(['Klingon', '', 'de'.repeat(100)])('follows the system where the file holds "%s"', (text) => {
  writeFileSync(file, text);
  expect(new LanguageStore({ file, log, preferred: ['de-AT'], onChange: () => undefined }).language).toBe('de');
});

test('every language has native texts; the question before quitting and the tray are in the language set last', () => {
  expect([...nativeTranslations.keys()]).toEqual([...languageNames.keys()]);
  const jobs = [1, 2].map((id) => ({ title: `Lauf ${id}`, pauses: true, done: null }));
  setNativeLanguage('de');
  expect(quitQuestion(jobs)?.buttons).toEqual([
    'Pausieren und beenden',
    'Im Hintergrund weiterlaufen lassen',
    'Abbrechen',
  ]);
  expect(runningText(jobs)).toBe('2 Jobs laufen');
});
