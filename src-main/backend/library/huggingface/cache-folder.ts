import { homedir } from 'node:os';
import { join } from 'node:path';

/** Hugging Face's model cache: HF_HUB_CACHE, else below HF_HOME, else below the user's cache folder. */
export function cacheFolder(environment: NodeJS.ProcessEnv): string {
  const own = environment['HF_HUB_CACHE'] || environment['HUGGINGFACE_HUB_CACHE'];
  if (own) return own;
  const caches = environment['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(environment['HF_HOME'] || join(caches, 'huggingface'), 'hub');
}

const ofModel = 'models--';

/** The folder of a model there, with blobs/, snapshots/ and refs/. */
export function repositoryFolder(cache: string, id: string): string {
  return join(cache, `${ofModel}${id.replaceAll('/', '--')}`);
}

/** The model whose folder there has this name; null if it is none of a model. */
export function repositoryOf(folderName: string): string | null {
  return folderName.startsWith(ofModel) ? folderName.slice(ofModel.length).replaceAll('--', '/') : null;
}
