import type { DatasetDescription, DatasetSource } from '../../../src-shared/domain/dataset.ts';
import type { ReadWatch } from '../../engine/data/dataset.ts';
import { openDataset } from '../../engine/data/open-dataset.ts';

/** Reads a dataset from end to end. */
export async function describeDataset(source: DatasetSource, watch: ReadWatch = {}): Promise<DatasetDescription> {
  const opened = await openDataset(source);
  try {
    const description = opened.kind === 'texts' ? await opened.describe(watch) : opened.description;
    watch.signal?.throwIfAborted();
    return description;
  } finally {
    opened.close();
  }
}
