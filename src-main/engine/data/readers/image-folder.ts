import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { unreadable } from '../byte-source.ts';
import type { OpenImages } from '../dataset.ts';
import {
  compareNaturally,
  holdOutFifth,
  type LabelledImage,
  openEntries,
  type Problem,
  readHeaders,
  roundRobinByLabel,
} from './image-entries.ts';
import type { DatasetReader } from './reader.ts';

const imageName = /\.(?:png|jpe?g|webp|gif|tiff?|avif|bmp)$/i;
const trainNames = ['train', 'training'];
/** In order of preference. */
const testNames = ['test', 'testing', 'val', 'valid', 'validation'];

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

  let [train, test] = [read, read];
  if (testRoot === undefined) {
    ({ train, test } = holdOutFifth(read, labels.length));
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
  return openEntries({ labels, train, test, problems, placeOfClass: (label) => join(trainFolder, label) });
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
  return names.sort(compareNaturally);
}

/**
 * Images of a class, including subfolders; links to folders are not followed, which avoids cycles.
 */
async function imagesIn(path: string): Promise<{ images: string[]; others: string[] }> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  const files = entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'Thumbs.db')
    .map((entry) => join(entry.parentPath, entry.name))
    .sort(compareNaturally);
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
): Promise<LabelledImage[]> {
  const files: LabelledImage[] = [];
  for (const [label, name] of labels.entries()) {
    if (!present.includes(name)) continue;
    const { images, others } = await imagesIn(join(root, name));
    files.push(...images.map((path) => ({ image: path, label })));
    problems.push(...others.map((path) => ({ where: path, message: 'Not an image by its name: left out.' })));
  }
  return files;
}
