// Makes assets/data/font-letters again: capital letters of typefaces, drawn as MNIST's digits are, out of the npm
// packages of Fontsource that scripts/font-letters.json lists with their versions.
// Usage: node_modules/node/bin/node scripts/make-font-letters.mjs [output folder]
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { root } from './bootstrap/paths.mjs';
import { idxFile } from './idx-file.mjs';

/** @type {{ opentype: string, train: Record<string, string>, test: Record<string, string> }} */
const families = JSON.parse(readFileSync(join(root, 'scripts/font-letters.json'), 'utf8'));
const output = resolve(process.argv[2] ?? join(root, 'assets/data/font-letters'));
const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const side = 28;
/** Pixels of a letter's longer side: MNIST's 20 and a border as wide as that of the base's drawings. */
const box = 22;

const folder = mkdtempSync(join(tmpdir(), 'coto-font-letters-'));
try {
  const fonts = Object.entries({ ...families.train, ...families.test });
  const dependencies = Object.fromEntries([
    ['opentype.js', families.opentype],
    ...fonts.map(([name, version]) => [`@fontsource/${name}`, version]),
  ]);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'font-letters', private: true, dependencies }));
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'], { cwd: folder });
  mkdirSync(output, { recursive: true });
  const opentype = createRequire(join(folder, 'package.json'))('opentype.js');
  await write('train', Object.keys(families.train), opentype);
  await write('t10k', Object.keys(families.test), opentype);
  writeFileSync(join(output, 'labels.txt'), `${letters.join('\n')}\n`);
  writeFileSync(join(output, 'FAMILIES.tsv'), familyTable());
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * Every letter of every family, family by family.
 * @param {'train' | 't10k'} split
 * @param {string[]} names
 * @param {{ parse(buffer: ArrayBuffer): Font }} opentype
 * @typedef {{ getPath(text: string, x: number, y: number, size: number): Outline }} Font
 * @typedef {{ getBoundingBox(): { x1: number, y1: number, x2: number, y2: number }, toPathData(places: number): string }} Outline
 */
async function write(split, names, opentype) {
  const images = [];
  for (const name of names) {
    const file = readFileSync(join(packageOf(name), `files/${name}-latin-400-normal.woff`));
    const font = opentype.parse(Uint8Array.from(file).buffer);
    for (const letter of letters) images.push(await draw(font.getPath(letter, 0, 0, 200), `${name}: ${letter}`));
  }
  const labels = Buffer.from(names.flatMap(() => letters.map((_, label) => label)));
  const files = {
    [`${split}-images-idx3-ubyte.gz`]: idxFile([images.length, side, side], Buffer.concat(images)),
    [`${split}-labels-idx1-ubyte.gz`]: idxFile([images.length], labels),
  };
  for (const [name, bytes] of Object.entries(files)) {
    const packed = gzipSync(bytes, { level: 9 });
    writeFileSync(join(output, name), packed);
    console.log(`${createHash('sha256').update(bytes).digest('hex')}  ${name} (unpacked), ${packed.length} bytes`);
  }
}

/**
 * The letter in white on black, its outline's box in the middle.
 * @param {Outline} outline
 * @param {string} what
 */
async function draw(outline, what) {
  const { x1, y1, x2, y2 } = outline.getBoundingBox();
  const scale = box / Math.max(x2 - x1, y2 - y1);
  if (!Number.isFinite(scale)) throw new Error(`${what} has no outline`);
  const left = side / 2 - (scale * (x1 + x2)) / 2;
  const top = side / 2 - (scale * (y1 + y2)) / 2;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}"><rect width="100%" height="100%" fill="#000"/><path transform="matrix(${scale} 0 0 ${scale} ${left} ${top})" fill="#fff" d="${outline.toPathData(3)}"/></svg>`;
  const pixels = await sharp(Buffer.from(svg)).greyscale().raw().toBuffer();
  if (pixels.length !== side * side || !pixels.some((value) => value > 48)) throw new Error(`${what} is empty`);
  return pixels;
}

/** @param {string} name */
function packageOf(name) {
  return join(folder, 'node_modules/@fontsource', name);
}

function familyTable() {
  const rows = [['split', 'family', 'package', 'copyright']];
  for (const split of /** @type {const} */ (['train', 'test']))
    for (const [name, version] of Object.entries(families[split])) {
      const { family, license } = JSON.parse(readFileSync(join(packageOf(name), 'metadata.json'), 'utf8'));
      if (license.type !== 'OFL-1.1') throw new Error(`${name} is under ${license.type}`);
      const holder = String(license.attribution).replaceAll(/\s+/g, ' ').trim();
      rows.push([split, family, `@fontsource/${name}@${version}`, holder]);
    }
  return `${rows.map((row) => row.join('\t')).join('\n')}\n`;
}
