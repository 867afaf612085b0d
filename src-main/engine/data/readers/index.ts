import { stat } from 'node:fs/promises';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { DatasetSource } from '../../../../src-shared/domain/data/dataset.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { unreadable } from '../byte-source.ts';
import { hasExtension } from '../text/text-files.ts';
import { arrowImagesReader, arrowReader } from './arrow.ts';
import { conllReader } from './conll.ts';
import { csvReader, tsvReader } from './csv.ts';
import { idxReader } from './idx.ts';
import { imageFolderReader } from './image-folder.ts';
import { imageMetadataReader } from './image-metadata.ts';
import { jsonReader } from './json.ts';
import { jsonlReader } from './jsonl.ts';
import { mnistPackageReader } from './mnist-package.ts';
import { parquetImagesReader, parquetReader } from './parquet.ts';
import { quickdrawPackageReader } from './quickdraw-package.ts';
import type { DatasetReader } from './reader.ts';
import { spacyReader } from './spacy.ts';
import { webDatasetImagesReader, webDatasetReader } from './webdataset.ts';
import { xlsxReader } from './xlsx.ts';

/** All formats, the more specific ones first. */
export const datasetReaders: readonly DatasetReader[] = [
  mnistPackageReader,
  quickdrawPackageReader,
  idxReader,
  imageMetadataReader,
  imageFolderReader,
  parquetImagesReader,
  arrowImagesReader,
  webDatasetImagesReader,
  jsonlReader,
  jsonReader,
  csvReader,
  tsvReader,
  parquetReader,
  arrowReader,
  xlsxReader,
  conllReader,
  spacyReader,
  webDatasetReader,
];

/** Kinds of files that people have data in and that are not read, with the way out. */
const unreadKinds = [
  {
    extensions: ['zip', 'tar', 'tgz', 'tar.gz', '7z', 'rar'],
    what: 'an archive',
    hint: 'Unpack it, and add the file or folder that is in it.',
  },
  {
    extensions: ['xz', 'bz2', 'lz4'],
    what: 'packed by what is not read',
    hint: 'Unpack it, or pack it by gzip or Zstandard.',
  },
  {
    extensions: ['xls', 'xlsb', 'ods', 'numbers'],
    what: 'a workbook of another kind than .xlsx',
    hint: 'Save it as .xlsx, or a sheet as CSV.',
  },
] as const;

/**
 * Finds the reader of `path` (an absolute file or folder). Throws StudioError if no format matches.
 * @param options of the source: with `files`, the reader of these files of the folder
 */
export async function detectReader(path: string, options: ParameterValues = {}): Promise<DatasetSource> {
  await stat(path).catch((thrown: unknown) => {
    throw unreadable(path, thrown);
  });
  for (const reader of datasetReaders) {
    const source = await reader.detect(path, options);
    if (source !== null) return source;
  }
  const known = unreadKinds.find(({ extensions }) => hasExtension(path, extensions));
  throw new StudioError(
    'invalid_file',
    `${path} is ${known?.what ?? 'not in a supported format'}.`,
    known?.hint ??
      'Use a CSV, TSV, JSON, JSONL, XLSX, Parquet, Arrow, CoNLL or spaCy file, a folder that save_to_disk of datasets wrote, a folder of IDX files (train-images, train-labels), or a folder with one folder of images for each class.',
  );
}
