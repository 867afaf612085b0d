import { stat } from 'node:fs/promises';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { DatasetSource } from '../../../../src-shared/domain/dataset.ts';
import { unreadable } from '../byte-source.ts';
import { arrowImagesReader, arrowReader } from './arrow.ts';
import { conllReader } from './conll.ts';
import { csvReader, tsvReader } from './csv.ts';
import { idxReader } from './idx.ts';
import { imageFolderReader } from './image-folder.ts';
import { jsonReader } from './json.ts';
import { jsonlReader } from './jsonl.ts';
import { mnistPackageReader } from './mnist-package.ts';
import { parquetImagesReader, parquetReader } from './parquet.ts';
import { quickdrawPackageReader } from './quickdraw-package.ts';
import type { DatasetReader } from './reader.ts';
import { xlsxReader } from './xlsx.ts';

/** All formats, the more specific ones first. */
export const datasetReaders: readonly DatasetReader[] = [
  mnistPackageReader,
  quickdrawPackageReader,
  idxReader,
  imageFolderReader,
  parquetImagesReader,
  arrowImagesReader,
  jsonlReader,
  jsonReader,
  csvReader,
  tsvReader,
  parquetReader,
  arrowReader,
  xlsxReader,
  conllReader,
];

/** Finds the reader of `path` (an absolute file or folder). Throws StudioError if no format matches. */
export async function detectReader(path: string): Promise<DatasetSource> {
  await stat(path).catch((thrown: unknown) => {
    throw unreadable(path, thrown);
  });
  for (const reader of datasetReaders) {
    const source = await reader.detect(path);
    if (source !== null) return source;
  }
  throw new StudioError(
    'invalid_file',
    `${path} is not in a supported format.`,
    'Use a CSV, TSV, JSON, JSONL, XLSX, Parquet, Arrow or CoNLL file, a folder that save_to_disk of datasets wrote, a folder of IDX files (train-images, train-labels), or a folder with one folder of images for each class.',
  );
}
