// Makes assets/fonts again: the typefaces of the window and of reports, cut down to the characters and features that they
// use, out of npm packages.
// Usage: node_modules/node/bin/node scripts/make-fonts.mjs [output folder]
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { root } from './bootstrap/paths.mjs';

const packages = {
  'inter-ui': '4.1.1',
  'jetbrains-mono': '1.0.6',
  // For its licence file: the package above names only its packager's.
  '@fontsource-variable/jetbrains-mono': '5.3.0',
  'subset-font': '2.9.0',
};
const output = resolve(process.argv[2] ?? join(root, 'assets/fonts'));

/** Names and texts of users in Latin, Greek and Cyrillic, and the signs of mathematics and of keys. */
const languages = [
  [0x20, 0x7e],
  [0xa0, 0x17f],
  [0x18f, 0x18f],
  [0x192, 0x192],
  [0x1fa, 0x1ff],
  [0x218, 0x21b],
  [0x2b0, 0x2ff],
  [0x300, 0x30c],
  [0x370, 0x3ff],
  [0x400, 0x45f],
  [0x490, 0x491],
  [0x1e00, 0x1eff],
];
const signs = [
  [0x1d43, 0x1d6a],
  [0x2000, 0x209c],
  [0x20a0, 0x20bf],
  [0x2100, 0x23ff],
  [0x2500, 0x27bf],
  [0x27e8, 0x27e9],
];
const everyCharacter = [...languages, ...signs].map(span).join('');
/** A report's own words; names in other scripts fall back to the reader's system. */
const ofReports = `${span([0x20, 0x7e])}${span([0xa0, 0xff])}–—‘’“”…√→−×±·ΔΣβγεθλρσ∞≈≤≥₀₁₂✓●`;
/** The sizes of the window lie below Inter's first optical size, and no text is lighter or bolder than this. */
const variationAxes = { opsz: 14, wght: { min: 400, max: 700 } };

const folder = mkdtempSync(join(tmpdir(), 'coto-fonts-'));
try {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'fonts', private: true, dependencies: packages }));
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'], { cwd: folder });
  mkdirSync(output, { recursive: true });
  const subset = createRequire(join(folder, 'package.json'))('subset-font');
  const inter = readFileSync(fileOf('inter-ui', 'variable/InterVariable.woff2'));
  const mono = readFileSync(fileOf('jetbrains-mono', 'fonts/webfonts/JetBrainsMono-Regular.woff2'));
  const marks = ['kern', 'mark', 'mkmk', 'ccmp', 'locl'];
  await write(subset, 'inter.woff2', inter, everyCharacter, [...marks, 'calt', 'case', 'frac', 'zero']);
  // Apart from the rest, since Inter's tabular figures make signs and spaces between words as wide as digits too.
  await write(subset, 'inter-digits.woff2', inter, '0123456789', ['tnum']);
  await write(subset, 'inter-report.woff2', inter, ofReports, ['kern', 'ccmp']);
  // Without its ligatures: what is shown in it is to be read sign by sign.
  await write(subset, 'jetbrains-mono.woff2', mono, everyCharacter, [...marks, 'zero']);
  copyFileSync(fileOf('inter-ui', 'LICENSE.txt'), join(output, 'inter-OFL.txt'));
  copyFileSync(fileOf('@fontsource-variable/jetbrains-mono', 'LICENSE'), join(output, 'jetbrains-mono-OFL.txt'));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * @param {(font: Buffer, text: string, options: object) => Promise<Buffer>} subset
 * @param {string} name
 * @param {Buffer} font
 * @param {string} text
 * @param {string[]} keepFeatures
 */
async function write(subset, name, font, text, keepFeatures) {
  const axes = name.startsWith('inter') ? { variationAxes } : {};
  // Copyright and licence stay in the file itself.
  const options = { targetFormat: 'woff2', keepFeatures, preserveNameIds: [0, 13, 14], ...axes };
  const bytes = await subset(font, text, options);
  writeFileSync(join(output, name), bytes);
  console.log(`${name}: ${bytes.length} bytes`);
}

/**
 * @param {string} name
 * @param {string} path
 */
function fileOf(name, path) {
  return join(folder, 'node_modules', name, path);
}

/** @param {number[]} bounds first and last code point */
function span([first = 0, last = first]) {
  return Array.from({ length: last - first + 1 }, (_, index) => String.fromCodePoint(first + index)).join('');
}
