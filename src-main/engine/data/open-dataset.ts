import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetSource } from '../../../src-shared/domain/dataset.ts';
import type { OpenDataset, OpenPictures } from './dataset.ts';
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

/** Opens a data set of pictures. @throws StudioError refused where it is of texts. */
export async function openPictures(source: DatasetSource): Promise<OpenPictures> {
  const opened = await openDataset(source);
  if (opened.kind === 'pictures') return opened;
  opened.close();
  throw new StudioError(
    'refused',
    `The data set ${source.path} holds texts, but this works on pictures only.`,
    'Choose a data set of pictures, e.g. mnist.',
  );
}
