import { stat } from 'node:fs/promises';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { Declaration } from '../../../../src-shared/domain/parameters/parameter.ts';
import type { OpenImages } from '../dataset.ts';
import { cellOf, isObject, type RawRow } from '../text/raw-row.ts';
import { type FileFormat, findTextFiles, foldersFiles, hasExtension } from '../text/text-files.ts';
import {
  compareNaturally,
  holdOutFifth,
  type ImageEntry,
  type LabelledImage,
  openEntries,
  type Problem,
  readHeaders,
  roundRobinByLabel,
} from './image-entries.ts';
import type { DatasetReader } from './reader.ts';

/** The packed images of a table are held in memory, since training takes them in any order. */
const maxBytes = 2 ** 30;
const maxClasses = 10_000;

/** A table format whose rows may have files in them. */
export interface ImageTableFormat extends FileFormat {
  /** Rows in file order, some at a time; a file is {bytes, path}, with its bytes as a Buffer. */
  rows(path: string): AsyncGenerator<RawRow[]>;
  /** Returns true if the table has images, by its schema. */
  hasImages(path: string): boolean | Promise<boolean>;
  /** Names of the classes by column, where the file has noted them. */
  classNames(path: string): ReadonlyMap<string, readonly string[]> | Promise<ReadonlyMap<string, readonly string[]>>;
}

/** Images with a class each as Hugging Face's datasets writes them: a column of files, and one of classes. */
export function imageTableReader(
  { id, label, summary }: Pick<Declaration, 'id' | 'label' | 'summary'>,
  format: ImageTableFormat,
): DatasetReader<OpenImages> {
  return {
    declaration: { id, label, summary, parameters: [] },

    async detect(path) {
      const isFolder = (await stat(path)).isDirectory();
      if (!isFolder && !hasExtension(path, format.extensions)) return null;
      const first = isFolder ? (await foldersFiles(path, format))?.train[0] : path;
      // The text reader reports damaged files.
      const isOfImages = first !== undefined && (await isTrue(() => format.hasImages(first)));
      return isOfImages ? { reader: id, path, options: {} } : null;
    },

    open: (path) => openImageTable(path, format),
  };
}

async function isTrue(ask: () => boolean | Promise<boolean>): Promise<boolean> {
  try {
    return await ask();
  } catch (thrown) {
    if (thrown instanceof StudioError) return false;
    throw thrown;
  }
}

interface Found {
  readonly where: string;
  readonly bytes: Buffer;
  /** The class by its name. */
  readonly className: string;
}

async function openImageTable(path: string, format: ImageTableFormat): Promise<OpenImages> {
  const files = await findTextFiles(path, format, {});
  const problems: Problem[] = [];
  const budget = { left: maxBytes };
  const [train, test] = [
    await imagesOf(files.train, format, problems, budget),
    await imagesOf(files.test, format, problems, budget),
  ];
  const noted = files.train[0] === undefined ? undefined : [...(await format.classNames(files.train[0])).values()][0];
  const present = new Set(train.map(({ className }) => className));
  const labels = noted === undefined ? [...present].sort(compareNaturally) : [...noted];
  if (labels.length > maxClasses)
    throw new StudioError('invalid_file', `${path} has more than ${maxClasses} classes: its label is none.`);
  const place = new Map(labels.map((name, index) => [name, index]));
  const labelled = (found: readonly Found[]): LabelledImage[] =>
    found.flatMap(({ className, ...image }) => {
      const label = place.get(className);
      if (label !== undefined) return [{ image, label }];
      problems.push({
        where: image.where,
        message: `The class ${className.slice(0, 100)} is not among those of training.`,
      });
      return [];
    });
  const read = await readHeaders(labelled(train), problems);
  const tests = roundRobinByLabel(await readHeaders(labelled(test), problems), labels.length);
  if (read.length === 0)
    throw new StudioError('invalid_file', `${path} has no readable image: the dataset is empty.`, problems[0]?.message);
  const splits: Record<'train' | 'test', readonly ImageEntry[]> =
    files.test.length > 0 ? { train: read, test: tests } : holdOutFifth(read, labels.length);
  return openEntries({ labels, ...splits, problems, placeOfClass: (label) => `${path}, class ${label}` });
}

async function imagesOf(
  files: readonly string[],
  format: ImageTableFormat,
  problems: Problem[],
  budget: { left: number },
): Promise<Found[]> {
  const found: Found[] = [];
  for (const file of files) {
    const names = await format.classNames(file);
    for await (const rows of format.rows(file))
      for (const row of rows) {
        const where = `${file} row ${row.row}`;
        const image = imageOf(row, names);
        if (typeof image === 'string') {
          problems.push({ where, message: image });
          continue;
        }
        budget.left -= image.bytes.length;
        if (budget.left < 0)
          throw new StudioError(
            'invalid_file',
            `${file} has more than ${maxBytes / 2 ** 30} GB of images, which is what is read of a table.`,
            'Save its images into a folder for each class, or take a part of the rows.',
          );
        found.push({ where, ...image });
      }
  }
  return found;
}

/** The image and class of a row; a sentence where it has none. */
function imageOf(
  { cells, fault }: RawRow,
  names: ReadonlyMap<string, readonly string[]>,
): Pick<Found, 'bytes' | 'className'> | string {
  if (fault !== null) return `The row ${fault}. Left out.`;
  const entries = Object.entries(cells);
  const [column, file] = entries.find(([, cell]) => isFile(cell)) ?? [];
  const bytes = isObject(file) ? file['bytes'] : undefined;
  if (column === undefined || !Buffer.isBuffer(bytes))
    return 'It has no image: its bytes are not in the table. Left out.';
  const labelColumn = labelColumnOf(Object.keys(cells), column, names);
  const label = labelColumn === null ? null : cellOf(cells, labelColumn);
  if (typeof label !== 'string' && typeof label !== 'number' && typeof label !== 'boolean')
    return `It has no class${labelColumn === null ? ': the table has no column called label' : ` in ${labelColumn}`}. Left out.`;
  return { bytes, className: String(label) };
}

function isFile(cell: unknown): boolean {
  return isObject(cell) && Object.hasOwn(cell, 'bytes') && Object.hasOwn(cell, 'path');
}

/** The column with noted names, else the first that is called so, else the only other one. */
function labelColumnOf(
  columns: readonly string[],
  image: string,
  names: ReadonlyMap<string, readonly string[]>,
): string | null {
  const others = columns.filter((name) => name !== image);
  const noted = others.find((name) => names.has(name));
  const called = ['label', 'labels', 'class', 'category', 'fine_label', 'target'].find((name) => others.includes(name));
  return noted ?? called ?? (others.length === 1 ? (others[0] ?? null) : null);
}
