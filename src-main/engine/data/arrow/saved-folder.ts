import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { fileLimits, readBounded } from '../../../files/foreign-file.ts';
import { refuseIncomplete, type SplitFiles, splitsOf } from '../text/text-files.ts';

const dictionarySchema = z.object({ splits: z.array(z.string()).max(1000) });
const stateSchema = z.object({ _data_files: z.array(z.object({ filename: z.string() })).max(100_000) });

/** A file of a split in the cache of datasets; of one that is in several, its number from 0, and how many these are. */
interface CachedFile {
  readonly split: string;
  readonly number: number;
  readonly count: number;
}

/**
 * Parses a file name in the cache of datasets: cnn_dailymail-train-00000-of-00003.arrow. Null for other files:
 * `cache-…` is the output of map or filter.
 */
export function cachedFile(name: string): CachedFile | null {
  const found = /^(?!cache-).+?-([a-z]\w*?)(?:-(\d{5})-of-(\d{5}))?\.arrow$/i.exec(name);
  if (found === null) return null;
  const [, split = '', number = '0', count = '1'] = found;
  return { split, number: Number(number), count: Number(count) };
}

/**
 * The files by split of a folder that `save_to_disk` of Hugging Face's datasets wrote, of one dataset or of several splits, or
 * of a folder in its cache; null for any other folder, also one in which another program's file has such a name.
 * @throws StudioError invalid_file where a file that it names is not there, or it has no split to train on
 */
export async function savedFiles(folder: string): Promise<SplitFiles | null> {
  const names = await readdir(folder).catch((): string[] => []);
  if (names.includes('dataset_dict.json')) {
    const dictionary = await read(join(folder, 'dataset_dict.json'), dictionarySchema);
    if (dictionary === null) return null;
    const files = new Map<string, string[]>();
    for (const split of dictionary.splits) {
      const place = join(folder, only(split));
      const found = await dataFiles(place);
      if (found === null)
        throw new StudioError(
          'invalid_file',
          `${join(place, 'state.json')} is not what datasets writes.`,
          'Save the dataset again.',
        );
      files.set(split, found);
    }
    return chosen(folder, files);
  }
  if (names.includes('state.json')) {
    const train = await dataFiles(folder);
    return train && { train, test: [] };
  }
  if (!names.includes('dataset_info.json')) return null;
  const cached = names.sort().flatMap((name) => {
    const file = cachedFile(name);
    return file === null ? [] : [{ ...file, path: join(folder, name) }];
  });
  const bySplit = Map.groupBy(cached, ({ split }) => split);
  for (const [split, parts] of bySplit) {
    const count = Math.max(...parts.map((part) => part.count));
    // Several files without a number each count as one of one.
    if (count !== 1)
      refuseIncomplete(
        folder,
        split,
        parts.map((part) => (part.count === count ? part.number : Number.NaN)),
        count,
      );
  }
  const files = new Map([...bySplit].map(([split, parts]) => [split, parts.map(({ path }) => path)]));
  return files.size === 0 ? null : chosen(folder, files);
}

function chosen(folder: string, files: ReadonlyMap<string, string[]>): SplitFiles {
  const splits = splitsOf(files);
  if (splits !== null) return splits;
  throw new StudioError(
    'invalid_file',
    `${folder} has no split to train on: it has ${[...files.keys()].slice(0, 20).join(', ') || 'none'}.`,
    'Give the folder or the file of one split.',
  );
}

async function dataFiles(folder: string): Promise<string[] | null> {
  const state = await read(join(folder, 'state.json'), stateSchema);
  return state?._data_files.map(({ filename }) => join(folder, only(filename))) ?? null;
}

/** A name without a way to another folder. */
function only(name: string): string {
  if (name !== '' && !/[\\/\0]/.test(name) && name !== '..' && name !== '.') return name;
  throw new StudioError('invalid_file', `"${name.slice(0, 100)}" is no name of a file of a dataset.`);
}

/** Null for what datasets does not write. @throws StudioError invalid_file where it cannot be read at all */
async function read<Value>(file: string, schema: z.ZodType<Value>): Promise<Value | null> {
  let text: string;
  try {
    text = await readBounded(file, fileLimits.config);
  } catch (thrown) {
    // Too large, or no regular file.
    if (thrown instanceof StudioError) return null;
    throw new StudioError(
      'invalid_file',
      `${file} cannot be read: ${thrown instanceof Error ? thrown.message : thrown}.`,
    );
  }
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
