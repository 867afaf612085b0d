import type { DatasetDescription, DatasetSource, ImagePlace } from '../../../../src-shared/domain/data/dataset.ts';
import { compareImages, type OpenImages, openDataset, type ReadWatch } from '../../../engine/api/data.ts';

/**
 * Reads a dataset from end to end.
 * @throws StudioError invalid_input with a question that an option must answer
 * @param compares whether images are compared with each other too, which decodes all of them
 */
export async function describeDataset(
  source: DatasetSource,
  watch: ReadWatch = {},
  { compares = false }: { readonly compares?: boolean } = {},
): Promise<DatasetDescription> {
  const opened = await openDataset(source);
  try {
    if (opened.kind === 'images' && opened.question !== undefined) throw opened.question;
    const description =
      opened.kind === 'texts'
        ? await opened.describe(watch)
        : compares
          ? await withDuplicates(opened, watch)
          : opened.description;
    watch.signal?.throwIfAborted();
    return description;
  } finally {
    opened.close();
  }
}

/** Images that are in both splits are problems too, by their file. */
async function withDuplicates(opened: OpenImages, watch: ReadWatch): Promise<DatasetDescription> {
  const { description } = opened;
  const duplicates = await compareImages(opened, watch);
  const name = ({ split, index }: ImagePlace) => opened.split(split).where?.(index) ?? `${split} image ${index}`;
  const problems = duplicates.pairs
    .filter(({ one, other }) => one.split !== other.split)
    .map(({ kind, one, other }) => ({
      where: name(other),
      message:
        kind === 'exact'
          ? `has the same pixels as ${name(one)} in the other split: remove it from one of them`
          : `looks like ${name(one)} in the other split: a score on it says little, remove it from one of them`,
    }));
  return { ...description, duplicates, problems: [...description.problems, ...problems] };
}
