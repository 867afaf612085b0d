// Makes assets/data/fashion-mnist-small out of the whole Fashion-MNIST (Debian: apt-get install dataset-fashion-mnist).
// Usage: node scripts/make-fashion-mnist-small.mjs [folder with the four IDX files] [output folder]
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { packedIdxFile } from './idx-file.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [source = '/usr/share/datasets/fashion-mnist', output = join(root, 'assets/data/fashion-mnist-small')] =
  process.argv.slice(2);

const trainPerClass = 256;
const testCount = 2000;
const imageBytes = 28 * 28;
const seed = 20170825;
const labels = [
  ...['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
];

/**
 * mulberry32: a generator of a few lines, so that this script needs no package.
 * @param {number} state
 */
function randomNumbers(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @param {string} split */
function read(split) {
  const images = gunzipSync(readFileSync(join(source, `${split}-images-idx3-ubyte.gz`))).subarray(16);
  const classes = gunzipSync(readFileSync(join(source, `${split}-labels-idx1-ubyte.gz`))).subarray(8);
  if (images.length !== classes.length * imageBytes) throw new Error(`${split}: images and labels differ in number`);
  return { images, classes };
}

/**
 * 256 rows of each class, drawn by the seed, in the order of the official training set.
 * @param {Uint8Array} classes
 */
function trainRows(classes) {
  const random = randomNumbers(seed);
  const rows = [];
  for (let label = 0; label < labels.length; label++) {
    const own = [...classes.keys()].filter((row) => classes[row] === label);
    for (let last = own.length - 1; last > 0; last--) {
      const other = Math.floor(random() * (last + 1));
      [own[last], own[other]] = [own[other] ?? 0, own[last] ?? 0];
    }
    rows.push(...own.slice(0, trainPerClass));
  }
  return rows.sort((a, b) => a - b);
}

/**
 * @param {string} split
 * @param {{ images: Uint8Array, classes: Uint8Array }} all
 * @param {number[]} rows
 */
function write(split, { images, classes }, rows) {
  const pixels = Buffer.concat(rows.map((row) => images.subarray(row * imageBytes, (row + 1) * imageBytes)));
  const files = {
    [`${split}-images-idx3-ubyte.gz`]: packedIdxFile([rows.length, 28, 28], pixels),
    [`${split}-labels-idx1-ubyte.gz`]: packedIdxFile([rows.length], Buffer.from(rows.map((row) => classes[row] ?? 0))),
  };
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(output, name), content);
    console.log(
      `${createHash('sha256').update(gunzipSync(content)).digest('hex')}  ${name} (unpacked), ${content.length} bytes`,
    );
  }
  console.log(
    `${split}: ${labels.map((_, label) => rows.filter((row) => classes[row] === label).length).join(', ')} a class`,
  );
}

mkdirSync(output, { recursive: true });
const train = read('train');
write('train', train, trainRows(train.classes));
write(
  't10k',
  read('t10k'),
  Array.from({ length: testCount }, (_, row) => row),
);
writeFileSync(join(output, 'labels.txt'), `${labels.join('\n')}\n`);
