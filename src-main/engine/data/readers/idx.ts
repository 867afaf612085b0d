import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { DatasetDescription } from '../../../../src-shared/domain/data/dataset.ts';
import { fileLimits, readForeignText } from '../../../files/foreign-file.ts';
import { unreadable } from '../byte-source.ts';
import type { ImageSplit, OpenImages } from '../dataset.ts';
import { type IdxFile, openIdxFile } from '../idx-file.ts';
import { countPerLabel, indicesByLabel, oneFifth, splitByClass } from '../subset.ts';
import type { DatasetReader } from './reader.ts';

const filePattern = /^(?:.*[-_])?(train|t10k|test)-(images|labels)[-.]idx\d-ubyte(?:\.gz)?$/;
const labelsFile = 'labels.txt';

/** A folder of IDX files, the format of MNIST and its variants. */
export const idxReader: DatasetReader<OpenImages> = {
  declaration: {
    id: 'idx',
    label: 'IDX folder',
    summary:
      'A folder of IDX files, raw or gzip: train-images, train-labels and, where there are any, t10k-images and t10k-labels. Class names come from labels.txt, one a line; without it they are numbers.',
    parameters: [
      {
        name: 'labels',
        label: 'Class names',
        type: 'text',
        default: '',
        help: 'Names of the classes in order, separated by |. Empty: labels.txt of the folder, else numbers.',
      },
    ],
  },

  async detect(path) {
    const folder = filePattern.test(basename(path)) ? dirname(path) : path;
    const names = await readdir(folder).catch(() => []);
    return names.some((name) => filePattern.test(name)) ? { reader: 'idx', path: folder, options: {} } : null;
  },

  async open(path, options) {
    const stated = String(options['labels'] ?? '');
    const names = stated === '' ? await readLabelsFile(path) : stated.split('|').map((name) => name.trim());
    if (names !== null) checkNames(names, stated === '' ? join(path, labelsFile) : `labels of ${path}`);
    return openIdxFolder(path, names);
  },
};

/** Labels are bytes. */
const maxNames = 256;
const maxNameCharacters = 1000;

function checkNames(names: readonly string[], where: string): void {
  if (names.length > maxNames)
    throw new StudioError(
      'invalid_file',
      `${where} has ${names.length.toLocaleString('en')} names, but labels of IDX files are 0 to ${maxNames - 1}.`,
      'Give one name for each class.',
    );
  const long = names.findIndex((name) => name.length > maxNameCharacters);
  if (long >= 0)
    throw new StudioError(
      'invalid_file',
      `${where}: the name of class ${long} has ${names[long]?.length.toLocaleString('en')} characters, and at most ${maxNameCharacters} are read.`,
      'Give a shorter name.',
    );
}

/**
 * Opens a folder of IDX files. `names`: the classes in order, or null for numbers up to the highest training label.
 * Without t10k (or test) files, a fifth of each class is held out by a fixed seed.
 */
export async function openIdxFolder(folder: string, names: readonly string[] | null): Promise<OpenImages> {
  const files = await findFiles(folder);
  const opened: IdxFile[] = [];
  const close = () => {
    for (const file of opened) file.close();
  };
  try {
    const train = await openPair(files.train, names, opened);
    const labels = names ?? train.labelNames;
    const test = files.test === null ? null : await openPair(files.test, labels, opened);
    if (test !== null && test.size.join() !== train.size.join())
      throw new StudioError(
        'invalid_file',
        `${test.path} has images of ${test.size.join(' × ')}, ${train.path} of ${train.size.join(' × ')} (height × width × channels).`,
      );
    const splits = test === null ? heldOut(train, labels.length) : { train: wholeSplit(train), test: wholeSplit(test) };
    const [height = 0, width = 0, channels = 0] = train.size;
    const description: DatasetDescription = {
      task: 'image-classification',
      text: null,
      labels: [...labels],
      image: { height, width, channels },
      splits: [
        {
          name: 'train',
          exampleCount: splits.train.count,
          perLabel: countPerLabel(splits.train.labels, labels.length),
        },
        { name: 'test', exampleCount: splits.test.count, perLabel: countPerLabel(splits.test.labels, labels.length) },
      ],
      problems: countPerLabel(train.labels, labels.length).flatMap((count, label) =>
        count === 0
          ? [{ where: train.labelsPath, message: `The class ${labels[label]} has no training example.` }]
          : [],
      ),
      sizeBytes: await totalSize([...files.train, ...(files.test ?? [])]),
    };
    return { kind: 'images', description, split: (name) => splits[name], close };
  } catch (thrown) {
    close();
    throw thrown;
  }
}

interface Pair {
  readonly path: string;
  readonly labelsPath: string;
  readonly images: IdxFile;
  readonly labels: Int32Array;
  /** height, width, channels */
  readonly size: readonly number[];
  readonly labelNames: readonly string[];
}

/** Images and labels of one split, with lengths and label range checked. */
async function openPair(
  [imagesPath, labelsPath]: readonly [string, string],
  names: readonly string[] | null,
  opened: IdxFile[],
): Promise<Pair> {
  const images = openIdxFile(imagesPath, [3, 4]);
  opened.push(images);
  const labelFile = openIdxFile(labelsPath, [1]);
  opened.push(labelFile);
  const [count = 0, height = 0, width = 0, channels = 1] = images.shape;
  const labelCount = labelFile.shape[0] ?? 0;
  if (count !== labelCount)
    throw new StudioError(
      'invalid_file',
      `${imagesPath} has ${count} images, but ${labelsPath} has ${labelCount} labels.`,
      'Keep the two files of one split together: row n of one belongs to row n of the other.',
    );
  if (count === 0)
    throw new StudioError(
      'invalid_file',
      `${imagesPath} has no images: the dataset is empty.`,
      'Get the dataset again, or choose another one.',
    );
  if (channels !== 1 && channels !== 3)
    throw new StudioError('invalid_file', `${imagesPath} has ${channels} channels; images have 1 (grey) or 3 (RGB).`);

  const labels = Int32Array.from(await labelFile.read(0, count));
  const labelNames = names ?? Array.from({ length: Math.max(...labels) + 1 }, (_, label) => String(label));
  const wrong = labels.findIndex((label) => label >= labelNames.length);
  if (wrong >= 0)
    throw new StudioError(
      'invalid_file',
      `${labelsPath} has the label ${labels[wrong]} in row ${wrong}, out of range: there are ${labelNames.length} classes, 0 to ${labelNames.length - 1}.`,
      names === null ? 'Correct that row.' : `Correct that row, or name the class (in ${labelsFile}, one name a line).`,
    );
  return { path: imagesPath, labelsPath, images, labels, size: [height, width, channels], labelNames };
}

function wholeSplit(pair: Pair): ImageSplit {
  return splitOf(pair, null);
}

function splitOf(pair: Pair, rows: readonly number[] | null): ImageSplit {
  const imageBytes = pair.size.reduce((product, size) => product * size, 1);
  const labels = rows === null ? pair.labels : Int32Array.from(rows, (row) => pair.labels[row] ?? 0);
  return {
    count: labels.length,
    labels,
    pixels(index) {
      if (!(index >= 0 && index < labels.length))
        throw new StudioError('not_found', `${pair.path} has no image ${index}: there are ${labels.length}.`);
      return pair.images.read((rows?.[index] ?? index) * imageBytes, imageBytes);
    },
  };
}

function heldOut(pair: Pair, labelCount: number): { train: ImageSplit; test: ImageSplit } {
  const rows = splitByClass(indicesByLabel(pair.labels, labelCount), oneFifth);
  return { train: splitOf(pair, rows.train), test: splitOf(pair, rows.test) };
}

type PairPaths = readonly [images: string, labels: string];

async function findFiles(folder: string): Promise<{ train: PairPaths; test: PairPaths | null }> {
  let names: string[];
  try {
    names = (await readdir(folder)).sort();
  } catch (thrown) {
    throw unreadable(folder, thrown);
  }
  const find = (splits: readonly string[], part: string): string | null => {
    const found = names.filter((name) => {
      const match = filePattern.exec(name);
      return match !== null && splits.includes(match[1] ?? '') && match[2] === part;
    });
    // A raw file and its compressed copy count as one file.
    const kinds = new Set(found.map((name) => name.replace(/\.gz$/, '')));
    if (kinds.size > 1)
      throw new StudioError(
        'invalid_file',
        `${folder} has several ${splits[0]} ${part} files: ${found.join(', ')}.`,
        'Keep one dataset in a folder.',
      );
    return found[0] === undefined ? null : join(folder, found[0]);
  };
  const needed = (splits: readonly string[], part: string): string => {
    const path = find(splits, part);
    if (path === null)
      throw new StudioError(
        'invalid_file',
        `${folder} has no ${splits[0]}-${part} IDX file.`,
        `Expected e.g. ${splits[0]}-${part}-idx${part === 'images' ? 3 : 1}-ubyte.gz.`,
      );
    return path;
  };
  const train: PairPaths = [needed(['train'], 'images'), needed(['train'], 'labels')];
  const testNames = ['t10k', 'test'];
  const hasTest = find(testNames, 'images') !== null || find(testNames, 'labels') !== null;
  return { train, test: hasTest ? [needed(testNames, 'images'), needed(testNames, 'labels')] : null };
}

async function readLabelsFile(folder: string): Promise<readonly string[] | null> {
  const path = join(folder, labelsFile);
  const text = await readForeignText(path, fileLimits.labels).catch((thrown: unknown) => {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOTDIR') return null;
    throw unreadable(path, thrown);
  });
  if (text === null) return null;
  const names = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (names.length === 0)
    throw new StudioError('invalid_file', `${path} names no classes.`, 'Write one name a line, or remove it.');
  return names;
}

async function totalSize(paths: readonly string[]): Promise<number> {
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
