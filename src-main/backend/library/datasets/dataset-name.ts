import { basename, dirname } from 'node:path';

/** A folder of the cache of Hugging Face's datasets: of a dataset, its configuration, its version, and a hash. */
const cached = /(?:^|[\\/])(?:[^\\/]+___)?([^\\/]+)[\\/]([^\\/]+)[\\/]\d+\.\d+\.\d+[\\/][0-9a-f]{16,64}$/;

/** Returns the initial name of a dataset: its file or folder, or the dataset and configuration of one in the cache. */
export function datasetName(path: string): string {
  const [, name, configuration = ''] = cached.exec(path) ?? [];
  if (name !== undefined) return `${name} ${configuration.replace(/-[0-9a-f]{16}$/, '')}`;
  const file = basename(path);
  return file.replace(/(?<!^)(?:\.[^.]+)?\.(?:gz|zst)$|(?<!^)\.[^.]+$/, '') || basename(dirname(path));
}
