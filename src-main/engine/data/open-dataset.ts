import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetSource, TextExample, TextInspection } from '../../../src-shared/domain/data/dataset.ts';
import type { EditableRows, RowQuery } from '../../../src-shared/domain/data/edited-rows.ts';
import type { OpenDataset, OpenImages } from './dataset.ts';
import { datasetReaders } from './readers/index.ts';
import { type DatasetReader, readerOptions } from './readers/reader.ts';

const readersById = new Map(datasetReaders.map((reader) => [reader.declaration.id, reader]));

/** Opens a dataset; the caller closes it. Throws StudioError naming the file if the data is invalid. */
export async function openDataset(source: DatasetSource): Promise<OpenDataset> {
  const reader = readerOf(source);
  return reader.open(source.path, readerOptions(reader.declaration, source));
}

/** Previews the head of a text file; null for images, which have no options. */
export async function inspectDataset(source: DatasetSource): Promise<TextInspection | null> {
  const reader = readerOf(source);
  return (await reader.inspect?.(source.path, readerOptions(reader.declaration, source))) ?? null;
}

/** Lists rows of a text file with their cells, for an editor. @throws StudioError refused for images */
export async function inspectDatasetRows(source: DatasetSource, query: RowQuery): Promise<EditableRows> {
  const reader = readerOf(source);
  if (reader.rows === undefined)
    throw new StudioError('refused', `${source.path} contains images, not text.`, 'Choose a file of texts.');
  return reader.rows(source.path, readerOptions(reader.declaration, source), query);
}

/** The example that the row at this place becomes; null for a row that becomes none, and for images. */
export async function inspectDatasetExample(source: DatasetSource, where: string): Promise<TextExample | null> {
  const reader = readerOf(source);
  return (await reader.example?.(source.path, readerOptions(reader.declaration, source), where)) ?? null;
}

function readerOf(source: DatasetSource): DatasetReader {
  const reader = readersById.get(source.reader);
  if (reader === undefined)
    throw new StudioError(
      'not_found',
      `There is no reader ${source.reader} for the dataset ${source.path}.`,
      `Readers: ${[...readersById.keys()].join(', ')}.`,
    );
  return reader;
}

/** Opens an image dataset. @throws StudioError refused for a text dataset */
export async function openImages(source: DatasetSource): Promise<OpenImages> {
  const opened = await openDataset(source);
  if (opened.kind === 'images') return opened;
  opened.close();
  throw new StudioError(
    'refused',
    `The dataset ${source.path} contains texts, but this works on images only.`,
    'Choose an image dataset, e.g. mnist.',
  );
}
