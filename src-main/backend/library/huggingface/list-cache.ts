import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { CachedModel } from '../../../../src-shared/domain/models/hub.ts';
import { isGguf } from '../../../../src-shared/domain/models/model.ts';
import { readBounded } from '../../../files/foreign-file.ts';
import { cacheFolder, repositoryOf } from './cache-folder.ts';

const configSchema = z.object({ model_type: z.string() });
/** A config.json is a few kilobytes; a ref is a commit's hash. */
const maxConfigBytes = 1 << 20;
const maxRefBytes = 1 << 12;

/**
 * Lists the models in the Hugging Face cache of this machine: snapshots with config.json and safetensors, and GGUF
 * files. Unreadable folders are skipped.
 */
export async function listCachedModels(environment: NodeJS.ProcessEnv): Promise<CachedModel[]> {
  const cache = cacheFolder(environment);
  const found: CachedModel[] = [];
  for (const folder of await namesIn(cache)) {
    const repository = repositoryOf(folder);
    if (repository === null) continue;
    const refs = await refsOf(join(cache, folder, 'refs'));
    for (const commit of await namesIn(join(cache, folder, 'snapshots')))
      found.push(
        ...(await modelsIn(join(cache, folder, 'snapshots', commit), {
          repository,
          revision: refs.get(commit) ?? commit.slice(0, 8),
        })),
      );
  }
  return found;
}

async function modelsIn(
  snapshot: string,
  origin: Pick<CachedModel, 'repository' | 'revision'>,
): Promise<CachedModel[]> {
  const sizes = new Map<string, number>();
  for (const name of await namesIn(snapshot)) {
    // A link whose blob is missing does not count.
    const status = await stat(join(snapshot, name)).catch(() => null);
    if (status?.isFile()) sizes.set(name, status.size);
  }
  const models: CachedModel[] = [];
  const weights = [...sizes].filter(([name]) => name.endsWith('.safetensors'));
  const complete = sizes.has('model.safetensors') || sizes.has('model.safetensors.index.json');
  if (sizes.has('config.json') && complete && weights.length > 0)
    models.push({
      ...origin,
      kind: 'folder',
      path: snapshot,
      modelType: await modelTypeOf(join(snapshot, 'config.json')),
      bytes: weights.reduce((sum, [, bytes]) => sum + bytes, 0),
    });
  for (const [name, bytes] of sizes)
    if (isGguf(name)) models.push({ ...origin, kind: 'gguf', path: join(snapshot, name), modelType: null, bytes });
  return models;
}

async function modelTypeOf(file: string): Promise<string | null> {
  try {
    return configSchema.parse(JSON.parse(await readBounded(file, maxConfigBytes))).model_type;
  } catch {
    return null;
  }
}

/** Maps a commit to its ref, e.g. main. */
async function refsOf(folder: string): Promise<Map<string, string>> {
  const refs = new Map<string, string>();
  for (const name of await namesIn(folder)) {
    const commit = await readBounded(join(folder, name), maxRefBytes).catch(() => null);
    if (commit !== null) refs.set(commit.trim(), name);
  }
  return refs;
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}
