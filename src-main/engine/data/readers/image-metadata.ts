import { readdir, stat } from 'node:fs/promises';
import { isAbsolute, join, normalize, sep } from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { OpenImages } from '../dataset.ts';
import { cellOf, type RawRow } from '../text/raw-row.ts';
import { csvRows } from './csv.ts';
import type { Problem } from './image-entries.ts';
import { imageLabelParameter, labelColumnOf, type NamedImage, openNamedImages } from './image-table.ts';
import { jsonLines } from './jsonl.ts';
import { parquetRows } from './parquet.ts';
import type { DatasetReader } from './reader.ts';

const fileColumn = 'file_name';
const trainNames = ['train', 'training'];
/** In order of preference. */
const testNames = ['test', 'testing', 'val', 'valid', 'validation'];
const maxRows = 2_000_000;

/** Metadata files, as Hugging Face's imagefolder names them. */
const metadataFiles: Readonly<Record<string, (path: string) => AsyncGenerator<RawRow[]>>> = {
  'metadata.jsonl': (path) => jsonLines(path, { options: {} }),
  'metadata.csv': (path) => csvRows(path, { options: {} }),
  'metadata.parquet': (path) => parquetRows(path),
};

/** A folder of images with a table of their classes. */
export const imageMetadataReader: DatasetReader<OpenImages> = {
  declaration: {
    id: 'image-metadata',
    label: 'Images with metadata',
    summary:
      'A folder of images with metadata.csv, metadata.jsonl or metadata.parquet, as Hugging Face’s imagefolder has it: the file of each image in file_name, and its class. There, or below train/ and test/; without these a fifth of each class is held out.',
    parameters: [imageLabelParameter],
  },

  async detect(path) {
    if (!(await stat(path)).isDirectory()) return null;
    const folders = await foldersWithMetadata(path);
    const head = await headOf(folders).catch(nothingIfRejected);
    if (!head.some(({ cells }) => cells[fileColumn] !== undefined)) return null;
    // Without classes in the table, the folders of the images may be the classes.
    const isByFolder = !hasClasses(path, head) && (await countFolders(folders[0]?.folder ?? path)) > 1;
    return isByFolder ? null : { reader: 'image-metadata', path, options: {} };
  },

  async open(path, options) {
    const folders = await foldersWithMetadata(path);
    const problems: Problem[] = [];
    const { column, question } = labelColumnIn(path, await headOf(folders), String(options['label'] ?? ''));
    const train: NamedImage[] = [];
    const test: NamedImage[] = [];
    let rowCount = 0;
    for (const { folder, file, split } of folders)
      for await (const rows of rowsIn(folder, file)) {
        rowCount += rows.length;
        if (rowCount > maxRows) throw new StudioError('invalid_file', `${path} has more than ${maxRows} images.`);
        for (const row of rows) {
          const found = imageOf(folder, row, column);
          const where = `${join(folder, file)} row ${row.row}`;
          if (typeof found === 'string') problems.push({ where, message: found });
          else ((split ?? splitOfName(found.name)) === 'test' ? test : train).push(found.image);
        }
      }
    const opened = await openNamedImages(path, { train, test: test.length > 0 ? test : null, problems });
    return question === undefined ? opened : { ...opened, question };
  },
};

function labelColumnIn(path: string, head: readonly RawRow[], stated: string): ReturnType<typeof labelColumnOf> {
  return labelColumnOf({ path, head, isImage: (name) => name === fileColumn, named: new Map(), stated });
}

function hasClasses(path: string, head: readonly RawRow[]): boolean {
  try {
    return labelColumnIn(path, head, '').column !== null;
  } catch (thrown) {
    if (thrown instanceof StudioError) return false;
    throw thrown;
  }
}

async function countFolders(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true });
  const splits = [...trainNames, ...testNames];
  return entries.filter((entry) => entry.isDirectory() && !splits.includes(entry.name.toLowerCase())).length;
}

interface MetadataFolder {
  readonly folder: string;
  readonly file: string;
  /** Null: the names of the files may say it. */
  readonly split: 'train' | 'test' | null;
}

/** The folder itself, or its folders of the training split and the first test split. */
async function foldersWithMetadata(path: string): Promise<MetadataFolder[]> {
  const [own] = await metadataIn(path, null);
  if (own !== undefined) return [own];
  const names = await readdir(path);
  const named = (wanted: readonly string[]) =>
    wanted.flatMap((name) => names.filter((other) => other.toLowerCase() === name)).slice(0, 1);
  const parts = [
    ...named(trainNames).map((name) => metadataIn(join(path, name), 'train')),
    ...named(testNames).map((name) => metadataIn(join(path, name), 'test')),
  ];
  return (await Promise.all(parts)).flat();
}

async function metadataIn(folder: string, split: MetadataFolder['split']): Promise<MetadataFolder[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const file = Object.keys(metadataFiles).find((name) => names.includes(name));
  return file === undefined ? [] : [{ folder, file, split }];
}

function rowsIn(folder: string, file: string): AsyncGenerator<RawRow[]> {
  const read = metadataFiles[file];
  if (read === undefined) throw new RangeError(`${file} is no metadata file`);
  return read(join(folder, file));
}

async function headOf([first]: readonly MetadataFolder[]): Promise<RawRow[]> {
  if (first !== undefined) for await (const rows of rowsIn(first.folder, first.file)) if (rows.length > 0) return rows;
  return [];
}

function nothingIfRejected(thrown: unknown): RawRow[] {
  if (thrown instanceof StudioError) return [];
  throw thrown;
}

/** The image of a row, which lies below the folder; a string is the problem. */
function imageOf(
  folder: string,
  { cells, fault }: RawRow,
  labelColumn: string | null,
): { readonly name: string; readonly image: NamedImage } | string {
  if (fault !== null) return `The row ${fault}. Left out.`;
  const name = cellOf(cells, fileColumn);
  if (typeof name !== 'string' || name === '') return `It has no ${fileColumn}. Left out.`;
  const inside = normalize(name);
  if (isAbsolute(inside) || inside.split(sep).includes('..'))
    return `Its ${fileColumn} leads out of the folder. Left out.`;
  const label = labelColumn === null ? null : cellOf(cells, labelColumn);
  if (typeof label !== 'string' && typeof label !== 'number' && typeof label !== 'boolean')
    return `It has no class${labelColumn === null ? ': there is no column called label' : ` in ${labelColumn}`}. Left out.`;
  const path = join(folder, inside);
  return { name: inside, image: { image: path, where: path, className: String(label) } };
}

/** The split of a file by the folder that its name begins with. */
function splitOfName(name: string): 'train' | 'test' {
  return testNames.includes(name.split(sep)[0]?.toLowerCase() ?? '') ? 'test' : 'train';
}
