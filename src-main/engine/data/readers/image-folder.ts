import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { DatasetDescription } from '../../../../src-shared/domain/dataset.ts';
import { unreadable } from '../byte-source.ts';
import type { Image, ImageSplit, OpenImages } from '../dataset.ts';
import { decodeImage, type ImageHeader, readImageHeader } from '../image-file.ts';
import { resample } from '../resample.ts';
import { countPerLabel, oneFifth, roundRobin, splitByClass } from '../subset.ts';
import type { DatasetReader } from './reader.ts';

const imageName = /\.(?:png|jpe?g|webp|gif|tiff?|avif|bmp)$/i;
const trainNames = ['train', 'training'];
/** In order of preference. */
const testNames = ['test', 'testing', 'val', 'valid', 'validation'];
/** Total file size up to which every image is decoded on opening; beyond it, only headers are read. */
const verifiedBytes = 256 * 1024 * 1024;
const inParallel = 16;

/** A folder of images with one subfolder per class. */
export const imageFolderReader: DatasetReader<OpenImages> = {
  declaration: {
    id: 'image-folder',
    label: 'Image folder',
    summary:
      'One folder a class, its name the class; optionally below train/ and test/ (or val/). Without them a fifth of each class is held out for testing by a fixed seed. PNG, JPEG, WebP, GIF, TIFF, AVIF, BMP.',
    parameters: [],
  },

  async detect(path) {
    const roots = [path, ...[...trainNames, ...testNames].map((name) => join(path, name))];
    for (const root of roots)
      for (const folder of await foldersIn(root).catch(() => []))
        if ((await imagesIn(join(root, folder))).images.length > 0)
          return { reader: 'image-folder', path, options: {} };
    return null;
  },

  open: openImageFolder,
};

interface File {
  readonly path: string;
  readonly label: number;
}

type Problem = DatasetDescription['problems'][number];

async function openImageFolder(folder: string): Promise<OpenImages> {
  const top = await foldersIn(folder);
  const trainRoot = top.find((name) => trainNames.includes(name.toLowerCase()));
  const testRoot = testNames.map((name) => top.find((other) => other.toLowerCase() === name)).find((name) => name);
  const problems: Problem[] = [];
  const trainFolder = trainRoot === undefined ? folder : join(folder, trainRoot);
  const labels = trainRoot === undefined ? top.filter((name) => name !== testRoot) : await foldersIn(trainFolder);
  const found = await collect(trainFolder, labels, problems);
  const read = await readHeaders(found, problems);
  if (read.length === 0)
    throw new StudioError(
      'invalid_file',
      `${folder} has no readable image: the dataset is empty.`,
      'Put the images of each class into a folder of its own, named like the class.',
    );

  let train = read;
  let test: typeof read;
  if (testRoot === undefined) {
    const rows = splitByClass(groupByLabel(read, labels.length), oneFifth);
    train = rows.train.flatMap((row) => read[row] ?? []);
    test = rows.test.flatMap((row) => read[row] ?? []);
  } else {
    const testFolder = join(folder, testRoot);
    const unknown = (await foldersIn(testFolder)).find((name) => !labels.includes(name));
    if (unknown !== undefined)
      throw new StudioError(
        'invalid_file',
        `${join(testFolder, unknown)} is a class that ${trainFolder} does not have.`,
        'Test classes must be among the training classes.',
      );
    const present = await foldersIn(testFolder);
    test = roundRobinByLabel(
      await readHeaders(await collect(testFolder, labels, problems, present), problems),
      labels.length,
    );
  }
  for (const [label, count] of countPerLabel(
    train.map((entry) => entry.label),
    labels.length,
  ).entries())
    if (count === 0)
      problems.push({ where: join(trainFolder, labels[label] ?? ''), message: 'This class has no training image.' });

  const everything = [...train, ...test];
  const channels = everything.every((entry) => entry.header.grey) ? 1 : 3;
  const image = { ...commonSize(everything.map((entry) => entry.header)), channels };
  const oneSize = everything.every(({ header }) => header.height === image.height && header.width === image.width);
  const splits = {
    train: splitOf(train, image, channels, oneSize),
    test: splitOf(test, image, channels, oneSize),
  };
  return {
    kind: 'images',
    description: {
      task: 'image-classification',
      text: null,
      labels,
      image,
      splits: [
        { name: 'train', exampleCount: train.length, perLabel: countPerLabel(splits.train.labels, labels.length) },
        { name: 'test', exampleCount: test.length, perLabel: countPerLabel(splits.test.labels, labels.length) },
      ],
      problems,
      sizeBytes: everything.reduce((sum, entry) => sum + entry.bytes, 0),
    },
    split: (name) => splits[name],
    close: () => undefined,
  };
}

/** "img2" before "img10"; upper and lower case together, then by code so that the order is the same everywhere. */
function naturally(a: string, b: string): number {
  const collated = new Intl.Collator('en', { numeric: true }).compare(a, b);
  return collated !== 0 ? collated : a < b ? -1 : a > b ? 1 : 0;
}

async function foldersIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((thrown: unknown) => {
    throw unreadable(path, thrown);
  });
  const names: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const linked = entry.isSymbolicLink() && (await stat(join(path, entry.name)).catch(() => null))?.isDirectory();
    if (entry.isDirectory() || linked) names.push(entry.name);
  }
  return names.sort(naturally);
}

/**
 * Images of a class, including subfolders; links to folders are not followed, which avoids cycles.
 */
async function imagesIn(path: string): Promise<{ images: string[]; others: string[] }> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  const files = entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'Thumbs.db')
    .map((entry) => join(entry.parentPath, entry.name))
    .sort(naturally);
  return {
    images: files.filter((file) => imageName.test(file)),
    others: files.filter((file) => !imageName.test(file)),
  };
}

async function collect(
  root: string,
  labels: readonly string[],
  problems: Problem[],
  present = labels,
): Promise<File[]> {
  const files: File[] = [];
  for (const [label, name] of labels.entries()) {
    if (!present.includes(name)) continue;
    const { images, others } = await imagesIn(join(root, name));
    files.push(...images.map((path) => ({ path, label })));
    problems.push(...others.map((path) => ({ where: path, message: 'Not an image by its name: left out.' })));
  }
  return files;
}

type Entry = File & { readonly header: ImageHeader; readonly bytes: number };

/** Headers of all readable files; the others are reported as problems. */
async function readHeaders(files: readonly File[], problems: Problem[]): Promise<Entry[]> {
  const sizes = await Promise.all(files.map(async ({ path }) => (await stat(path).catch(() => null))?.size ?? 0));
  const verify = sizes.reduce((sum, size) => sum + size, 0) <= verifiedBytes;
  const entries: Entry[] = [];
  for (let start = 0; start < files.length; start += inParallel) {
    const read = await Promise.all(
      files.slice(start, start + inParallel).map(async (file, offset) => {
        try {
          const header = await readImageHeader(file.path);
          if (verify) await decodeImage(file.path, header.grey ? 1 : 3);
          return { ...file, header, bytes: sizes[start + offset] ?? 0 };
        } catch (thrown) {
          if (!(thrown instanceof StudioError)) throw thrown;
          problems.push({ where: file.path, message: `${thrown.message} Left out.` });
          return null;
        }
      }),
    );
    entries.push(...read.filter((entry) => entry !== null));
  }
  return entries;
}

function groupByLabel(entries: readonly Entry[], labelCount: number): number[][] {
  const groups: number[][] = Array.from({ length: labelCount }, () => []);
  for (const [index, entry] of entries.entries()) groups[entry.label]?.push(index);
  return groups;
}

function roundRobinByLabel(entries: readonly Entry[], labelCount: number): Entry[] {
  return roundRobin(groupByLabel(entries, labelCount)).flatMap((index) => entries[index] ?? []);
}

/** The most frequent size; among equally frequent ones the largest. */
function commonSize(headers: readonly ImageHeader[]): { height: number; width: number } {
  const counts = new Map<string, { height: number; width: number; count: number }>();
  for (const { height, width } of headers) {
    const key = `${height}×${width}`;
    const size = counts.get(key) ?? { height, width, count: 0 };
    size.count++;
    counts.set(key, size);
  }
  const [first] = [...counts.values()].sort((a, b) => b.count - a.count || b.height * b.width - a.height * a.width);
  return { height: first?.height ?? 1, width: first?.width ?? 1 };
}

function splitOf(
  entries: readonly Entry[],
  size: { height: number; width: number },
  channels: 1 | 3,
  oneSize: boolean,
): ImageSplit {
  const image = (index: number): Promise<Image> => {
    const entry = entries[index];
    if (entry === undefined)
      throw new StudioError('not_found', `There is no image ${index} here: there are ${entries.length}.`);
    return decodeImage(entry.path, channels);
  };
  return {
    count: entries.length,
    labels: Int32Array.from(entries, (entry) => entry.label),
    pixels: async (index) => resample(await image(index), size.height, size.width, 'bilinear').pixels,
    ...(oneSize ? {} : { image }),
    where: (index) => entries[index]?.path ?? `image ${index}`,
  };
}
