import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetSource } from '../../../src-shared/domain/dataset.ts';
import type { OpenDataset } from './dataset.ts';
import { datasetReaders } from './readers/index.ts';
import { readerOptions } from './readers/reader.ts';

const readersById = new Map(datasetReaders.map((reader) => [reader.declaration.id, reader]));

/** Opens a data set; the caller closes it. Throws StudioError naming the file where the data is not what it should be. */
export async function openDataset(source: DatasetSource): Promise<OpenDataset> {
  const reader = readersById.get(source.reader);
  if (reader === undefined)
    throw new StudioError(
      'not_found',
      `There is no reader ${source.reader} for the data set ${source.path}.`,
      `Readers: ${[...readersById.keys()].join(', ')}.`,
    );
  return reader.open(source.path, readerOptions(reader.declaration, source));
}
