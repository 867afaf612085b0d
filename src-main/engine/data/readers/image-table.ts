import { stat } from 'node:fs/promises';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { Declaration, ParameterSpec } from '../../../../src-shared/domain/parameters/parameter.ts';
import type { OpenImages } from '../dataset.ts';
import type { ImageSource } from '../image-file.ts';
import { cellOf, isConversation, isObject, type RawRow } from '../text/raw-row.ts';
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

export const imageLabelParameter: ParameterSpec = {
  name: 'label',
  label: 'Label column',
  type: 'text',
  default: '',
  help: 'The column of the classes. Empty: the only one there is.',
};

/** Names of columns of classes. */
const labelNames = ['label', 'labels', 'class', 'category', 'fine_label', 'coarse_label', 'target'];

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
    declaration: { id, label, summary, parameters: [imageLabelParameter] },

    async detect(path) {
      const isFolder = (await stat(path)).isDirectory();
      if (!isFolder && !hasExtension(path, format.extensions)) return null;
      const first = isFolder ? (await foldersFiles(path, format))?.train[0] : path;
      // The text reader reports damaged files.
      const isOfImages = first !== undefined && (await isTrue(() => format.hasImages(first)));
      return isOfImages ? { reader: id, path, options: {} } : null;
    },

    open: (path, options) => openImageTable(path, format, String(options['label'] ?? '')),
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

async function openImageTable(path: string, format: ImageTableFormat, stated: string): Promise<OpenImages> {
  const files = await findTextFiles(path, format, {});
  const problems: Problem[] = [];
  const budget = { left: maxBytes };
  const named = files.train[0] === undefined ? new Map() : await format.classNames(files.train[0]);
  const head = await firstRows(files.train, format);
  const isImage = (name: string) => head.some(({ cells }) => isFile(cells[name]));
  const { column, question } = labelColumnOf({ path, head, isImage, named, stated });
  const [train, test] = [
    await imagesOf(files.train, format, column, problems, budget),
    await imagesOf(files.test, format, column, problems, budget),
  ];
  const noted = column === null ? undefined : named.get(column);
  const withSource = ({ where, bytes, className }: Found): NamedImage => ({
    image: { where, bytes },
    where,
    className,
  });
  const opened = await openNamedImages(path, {
    train: train.map(withSource),
    test: files.test.length > 0 ? test.map(withSource) : null,
    noted,
    problems,
  });
  return question === undefined ? opened : { ...opened, question };
}

/** An image with the name of its class. */
export interface NamedImage {
  readonly image: ImageSource;
  /** File or row, for messages. */
  readonly where: string;
  readonly className: string;
}

interface NamedImages {
  readonly train: readonly NamedImage[];
  /** Null: a fifth of each class of `train`. */
  readonly test: readonly NamedImage[] | null;
  /** Names of the classes in their order; undefined: those of the images, sorted. */
  readonly noted?: readonly string[] | undefined;
  readonly problems: Problem[];
}

/** @throws StudioError invalid_file without a readable image, or with too many classes */
export async function openNamedImages(
  path: string,
  { train, test, noted, problems }: NamedImages,
): Promise<OpenImages> {
  const present = new Set(train.map(({ className }) => className));
  const labels = noted === undefined ? [...present].sort(compareNaturally) : [...noted];
  if (labels.length > maxClasses)
    throw new StudioError('invalid_file', `${path} has more than ${maxClasses} classes: its label is none.`);
  const place = new Map(labels.map((name, index) => [name, index]));
  const labelled = (found: readonly NamedImage[]): LabelledImage[] =>
    found.flatMap(({ className, image, where }) => {
      const label = place.get(className);
      if (label !== undefined) return [{ image, label }];
      problems.push({ where, message: `The class ${className.slice(0, 100)} is not among those of training.` });
      return [];
    });
  const read = await readHeaders(labelled(train), problems);
  const tests = roundRobinByLabel(await readHeaders(labelled(test ?? []), problems), labels.length);
  if (read.length === 0)
    throw new StudioError('invalid_file', `${path} has no readable image: the dataset is empty.`, problems[0]?.message);
  const splits: Record<'train' | 'test', readonly ImageEntry[]> =
    test !== null ? { train: read, test: tests } : holdOutFifth(read, labels.length);
  return openEntries({ labels, ...splits, problems, placeOfClass: (label) => `${path}, class ${label}` });
}

async function imagesOf(
  files: readonly string[],
  format: ImageTableFormat,
  labelColumn: string | null,
  problems: Problem[],
  budget: { left: number },
): Promise<Found[]> {
  const found: Found[] = [];
  for (const file of files) {
    for await (const rows of format.rows(file))
      for (const row of rows) {
        const where = `${file} row ${row.row}`;
        const image = imageOf(row, labelColumn);
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
function imageOf({ cells, fault }: RawRow, labelColumn: string | null): Pick<Found, 'bytes' | 'className'> | string {
  if (fault !== null) return `The row ${fault}. Left out.`;
  const file = Object.values(cells).find(isFile);
  const bytes = isObject(file) ? file['bytes'] : undefined;
  if (!Buffer.isBuffer(bytes)) return 'It has no image: its bytes are not in the table. Left out.';
  const label = labelColumn === null ? null : cellOf(cells, labelColumn);
  if (typeof label !== 'string' && typeof label !== 'number' && typeof label !== 'boolean')
    return `It has no class${labelColumn === null ? ': the table has no column called label' : ` in ${labelColumn}`}. Left out.`;
  return { bytes, className: String(label) };
}

function isFile(cell: unknown): boolean {
  return isObject(cell) && Object.hasOwn(cell, 'bytes') && Object.hasOwn(cell, 'path');
}

/** A text of this many words is no class. */
const captionWords = 4;
const captionNames = /^(?:captions?|texts?|prompt|description|instruction|sentences?)$/i;

interface LabelColumn {
  /** Null if there is none. */
  readonly column: string | null;
  /** Asked if several columns may be meant, or if texts beside the images would not be learned. */
  readonly question?: StudioError;
}

/** A table of images from whose first rows the column of the classes is chosen. */
interface ImageRows {
  readonly path: string;
  readonly head: readonly RawRow[];
  /** Returns true for the column of the images. */
  isImage(column: string): boolean;
  /** Columns of classes with the names that the file has noted. */
  readonly named: ReadonlyMap<string, readonly string[]>;
  /** Column that the options name; empty: none. */
  readonly stated: string;
}

/**
 * The column of the classes: the stated one, else the first one with noted names, else the first one that is called so,
 * else the only other one.
 * @throws StudioError invalid_input if there is no column of that name, or only texts beside the images
 */
export function labelColumnOf({ path, head, isImage, named, stated }: ImageRows): LabelColumn {
  const columns = [...new Set(head.flatMap(({ cells }) => Object.keys(cells)))];
  if (stated !== '') {
    if (columns.includes(stated)) return { column: stated };
    throw ask(`${path} has no column "${stated}".`, `Its columns: ${columns.slice(0, 20).join(', ')}.`);
  }
  const others = columns.filter((name) => !isImage(name));
  const noted = others.filter((name) => named.has(name));
  const labels = noted.length > 0 ? noted : labelNames.filter((name) => others.includes(name));
  const [label, ...more] = labels;
  const talk = others.find((name) => head.some(({ cells }) => isConversation(cells[name])));
  const isText = (name: string) =>
    isCaption(
      name,
      head.map(({ cells }) => cells[name]),
    );
  const beside = talk ?? others.find((name) => name !== label && isText(name));
  const what = talk === undefined ? 'texts' : 'conversations';
  if (label === undefined && beside !== undefined)
    throw ask(
      `${path} has images with ${what} (${beside}), which no task learns from.`,
      'Use images with a column of classes, or choose the column that has them: label=NAME.',
    );
  if (label === undefined) return { column: others.length === 1 ? (others[0] ?? null) : null };
  if (more.length > 0)
    return {
      column: label,
      question: ask(
        `${path} has several columns of classes: ${labels.join(', ')}.`,
        `Choose one: ${labels.map((name) => `label=${name}`).join(' or ')}.`,
      ),
    };
  if (beside === undefined) return { column: label };
  const hint = `To learn the classes alone, choose label=${label}.`;
  return { column: label, question: ask(`${path} has images with ${what} (${beside}), which are not learned.`, hint) };
}

function ask(message: string, hint: string): StudioError {
  return new StudioError('invalid_input', message, hint).at('label');
}

async function firstRows(files: readonly string[], format: ImageTableFormat): Promise<RawRow[]> {
  for (const file of files) for await (const rows of format.rows(file)) if (rows.length > 0) return rows;
  return [];
}

/** Returns true for texts by their name, or of several words and most of them once. */
function isCaption(name: string, cells: readonly unknown[]): boolean {
  const texts = cells.flatMap((cell) => (typeof cell === 'string' ? [cell] : []));
  if (texts.length > 0 && captionNames.test(name)) return true;
  const long = texts.filter((text) => text.trim().split(/\s+/).length >= captionWords);
  return texts.length > 0 && 2 * long.length > texts.length && 2 * new Set(texts).size > texts.length;
}
