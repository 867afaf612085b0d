import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { characterMap, featureTags, woff2Tables } from './woff2.ts';

const folder = join(import.meta.dirname, '../../assets/fonts');
const tables = (name: string) => woff2Tables(readFileSync(join(folder, name)));
const table = (name: string, tag: string) => tables(name).get(tag) ?? Buffer.alloc(0);

/** Returns the characters of a text that a typeface lacks. */
function lacking(name: string, text: string): string {
  const has = characterMap(table(name, 'cmap'));
  return [...text].filter((character) => !has(character.codePointAt(0) ?? 0)).join('');
}

const letters = 'The quick brown fox jumps over 0123456789 lazy dogs: [{(<|>)}] @#$%&*+=/\\_~^"\'`;,.!?';
const signs = '·…–—‘’“”−±×√ΔΣβλρσ∞≈≤≥₀₁₂²½✓●→';

test('the typefaces have the characters that the studio writes', () => {
  expect(lacking('inter.woff2', `${letters}${signs}ΠΦΩαδηθμπφ←↑↓↵⌘⌥⇧★☆◇✗ŁőşğčЖдфЩ`)).toBe('');
  expect(lacking('jetbrains-mono.woff2', `${letters}·…–—−±×√Δλ≈≤≥²→─│└├█░ŁőşğčЖдфЩ`)).toBe('');
  expect(lacking('inter-report.woff2', `${letters}${signs}äöüßéñç°`)).toBe('');
});

test("Inter's digits have tabular figures, and only they: those of the rest make signs and spaces as wide as digits", () => {
  expect(featureTags(table('inter-digits.woff2', 'GSUB'))).toEqual(['tnum']);
  expect(lacking('inter-digits.woff2', '0123456789-. ')).toBe('-. ');
  for (const name of ['inter.woff2', 'inter-report.woff2'])
    expect(featureTags(table(name, 'GSUB'))).not.toContain('tnum');
  expect(featureTags(table('jetbrains-mono.woff2', 'GSUB'))).not.toContain('calt');
});

test('each typeface says its licence, which lies beside it, and together they are small', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.woff2'));
  expect(files).toHaveLength(4);
  for (const name of files) {
    expect(table(name, 'name').toString('latin1').replaceAll('\0', '')).toContain('SIL Open Font License');
    const licence = name.startsWith('inter') ? 'inter-OFL.txt' : 'jetbrains-mono-OFL.txt';
    expect(readFileSync(join(folder, licence), 'utf8')).toContain('SIL OPEN FONT LICENSE Version 1.1');
  }
  const bytes = files.reduce((sum, name) => sum + readFileSync(join(folder, name)).length, 0);
  expect(bytes).toBeLessThan(200_000);
});
