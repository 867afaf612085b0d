import { homedir } from 'node:os';
import { join } from 'node:path';

/** Hugging Face's model cache: HF_HUB_CACHE, else below HF_HOME, else below the user's cache folder. */
export function cacheFolder(environment: NodeJS.ProcessEnv): string {
  const own = environment['HF_HUB_CACHE'] || environment['HUGGINGFACE_HUB_CACHE'];
  return own || join(homeFolder(environment), 'hub');
}

/** The cache of Hugging Face's datasets: HF_DATASETS_CACHE, else below HF_HOME, else below the user's cache folder. */
export function datasetsCacheFolder(environment: NodeJS.ProcessEnv): string {
  return environment['HF_DATASETS_CACHE'] || join(homeFolder(environment), 'datasets');
}

function homeFolder(environment: NodeJS.ProcessEnv): string {
  const caches = environment['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return environment['HF_HOME'] || join(caches, 'huggingface');
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
