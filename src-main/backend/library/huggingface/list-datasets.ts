import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CachedDataset } from '../../../../src-shared/domain/models/hub.ts';
import { cachedFile } from '../../../engine/api/data.ts';
import { datasetsCacheFolder } from './cache-folder.ts';

/** Below the cache: the dataset, its configuration, its version, and the hash of what made it. */
const levels = 4;
const maxFolders = 20_000;

/** Lists what Hugging Face's datasets has prepared in its cache on this machine. Unreadable folders are skipped. */
export async function listCachedDatasets(environment: NodeJS.ProcessEnv): Promise<CachedDataset[]> {
  const cache = datasetsCacheFolder(environment);
  const found: CachedDataset[] = [];
  let looked = 0;
  const look = async (way: readonly string[]): Promise<void> => {
    if (++looked > maxFolders) return;
    const folder = join(cache, ...way);
    const names = (await readdir(folder).catch((): string[] => [])).sort();
    if (way.length < levels) {
      for (const name of names) if (!name.endsWith('.lock') && name !== 'downloads') await look([...way, name]);
      return;
    }
    const [repository = '', configuration = ''] = way;
    const files = names.filter((name) => cachedFile(name) !== null);
    if (files.length === 0 || !names.includes('dataset_info.json')) return;
    const sizes = await Promise.all(
      files.map(async (name) => (await stat(join(folder, name)).catch(() => null))?.size),
    );
    found.push({
      repository: repository.replace('___', '/'),
      configuration,
      path: folder,
      bytes: sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0),
    });
  };
  await look([]);
  return found;
}
