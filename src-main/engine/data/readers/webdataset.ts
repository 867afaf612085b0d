import { stat } from 'node:fs/promises';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { faultyRow, type RawRow, type RowReading } from '../text/raw-row.ts';
import { foldersFiles, hasExtension } from '../text/text-files.ts';
import { textReader } from '../text/text-reader.ts';
import { rowOfJson } from '../text/utf8-chunks.ts';
import { imageTableReader } from './image-table.ts';
import { tarEntries } from './tar.ts';

const extensions = ['tar', 'tar.gz', 'tgz'];
const imageNames = new Set(['png', 'jpg', 'jpeg', 'webp', 'gif', 'tif', 'tiff', 'avif', 'bmp', 'ppm']);
const batchRows = 64;
/** Entries before the end of the first sample; other archives are not searched. */
const maxPeeked = 20;

/** Samples of images with a class each. */
export const webDatasetImagesReader = imageTableReader(
  {
    id: 'webdataset-images',
    label: 'WebDataset with images',
    summary:
      'Tar archives in which files of one name are a sample: an image, and its class as .cls, or in .json. One archive, or shards by split in a folder; of one split a fifth of each class is held out.',
  },
  { extensions, rows: (path) => samples(path), hasImages, classNames: () => new Map() },
);

const texts = textReader(
  {
    id: 'webdataset',
    label: 'WebDataset',
    summary:
      'Tar archives in which files of one name are a sample: a text (.txt) with its class (.cls), or a row as .json. A row is known by its place in the archive, from 1.',
  },
  { extensions, rows: (path, { onBytes }) => samples(path, onBytes) },
);

export const webDatasetReader: typeof texts = {
  ...texts,
  // Other archives stay what they are: rejected with the advice to unpack them.
  async detect(path, options) {
    if ((options?.['files'] ?? '') !== '') return texts.detect(path, options);
    const isFolder = (await stat(path)).isDirectory();
    if (!isFolder && !hasExtension(path, extensions)) return null;
    const first = isFolder ? (await foldersFiles(path, { extensions }))?.train[0] : path;
    return first !== undefined && (await isShard(first)) ? texts.detect(path) : null;
  },
};

interface Sample {
  readonly key: string;
  readonly parts: Map<string, Buffer>;
}

async function* sampleParts(path: string, onBytes?: RowReading['onBytes']): AsyncGenerator<Sample> {
  let sample: Sample | null = null;
  for await (const { name, bytes } of tarEntries(path, onBytes)) {
    const base = name.slice(name.lastIndexOf('/') + 1);
    const dot = base.indexOf('.');
    // Files of macOS and lists of the shard's contents.
    if (dot <= 0 || base.startsWith('.')) continue;
    const key = name.slice(0, name.length - base.length + dot);
    if (sample !== null && sample.key !== key) {
      yield sample;
      sample = null;
    }
    sample ??= { key, parts: new Map() };
    sample.parts.set(base.slice(dot + 1).toLowerCase(), bytes);
  }
  if (sample !== null) yield sample;
}

async function* samples(path: string, onBytes?: RowReading['onBytes']): AsyncGenerator<RawRow[]> {
  let rows: RawRow[] = [];
  let row = 0;
  for await (const sample of sampleParts(path, onBytes)) {
    rows.push(rowOfSample(++row, sample));
    if (rows.length < batchRows) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}

/** Cells of a sample: images as files, texts, the fields of its JSON. Pickles and arrays are never read. */
function rowOfSample(row: number, { key, parts }: Sample): RawRow {
  let cells: Record<string, unknown> = { id: key };
  for (const [extension, bytes] of parts) {
    // Several parts of a kind have names before it: left.png.
    const kind = extension.slice(extension.lastIndexOf('.') + 1);
    if (imageNames.has(kind)) cells[extension] = { bytes, path: `${key}.${extension}` };
    else if (kind === 'json') {
      const read = rowOfJson(row, bytes);
      if (read.fault !== null) return faultyRow(row, `has a file .${extension} that ${read.fault}`);
      cells = { ...cells, ...read.cells };
    } else if (kind === 'cls' || kind === 'txt' || kind === 'text') {
      const text = bytes.toString('utf8');
      cells[kind === 'cls' ? 'label' : kind === extension ? 'text' : extension] = kind === 'cls' ? text.trim() : text;
    } else cells[extension] = `file of ${bytes.length} bytes`;
  }
  return { row, cells, fault: null };
}

/** Returns true if the first sample is one that is read. */
async function isShard(path: string): Promise<boolean> {
  const [first] = await peeked(path);
  return first?.some((kind) => ['txt', 'text', 'json', 'cls'].includes(kind)) === true;
}

/** Images alone are those of an archive of another kind. */
async function hasImages(path: string): Promise<boolean> {
  return (await isShard(path)) && (await peeked(path)).some((kinds) => kinds.some((kind) => imageNames.has(kind)));
}

/** Kinds of the parts of the first sample, unless the archive is no shard: then an empty list. */
async function peeked(path: string): Promise<string[][]> {
  try {
    for await (const { parts } of sampleParts(path)) {
      const kinds = [...parts.keys()].map((extension) => extension.slice(extension.lastIndexOf('.') + 1));
      return kinds.length > maxPeeked ? [] : [kinds];
    }
  } catch (thrown) {
    if (!(thrown instanceof StudioError)) throw thrown;
  }
  return [];
}
