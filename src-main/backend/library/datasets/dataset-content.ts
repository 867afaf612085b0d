import { createHash } from 'node:crypto';
import type { DatasetRecord } from '../../../../src-shared/domain/data/dataset.ts';
import { contentHash } from '../../../files/content-hash.ts';
import { datasetStamp } from './datasets.ts';

/** By the stamp of the files, which the app's own do not change while it runs. */
const bundledHashes = new Map<string, Promise<string | null>>();

/**
 * Hash by which scores and trainings recognize a dataset: of its reader, names, sizes and modification times. One that comes
 * with the app is known by what is in it: another copy of the app, or an AppImage at its next start, has it elsewhere.
 */
export async function datasetContent({ source, bundled }: Pick<DatasetRecord, 'source' | 'bundled'>): Promise<string> {
  const stamp = await datasetStamp(source);
  const content = bundled ? await bundledHash(source.path, stamp) : null;
  const { reader, options } = source;
  return createHash('sha256')
    .update(content === null ? stamp : JSON.stringify({ reader, options, content }))
    .digest('hex');
}

function bundledHash(path: string, stamp: string): Promise<string | null> {
  const known = bundledHashes.get(stamp) ?? contentHash(path);
  bundledHashes.set(stamp, known);
  return known;
}
