import type { BaseModel } from './base-model.ts';
import type { LoadOptions } from './family.ts';
import { describeOpened, familyOf, readConfig } from './huggingface/model-folder.ts';
import { openModelWeights } from './huggingface/model-weights.ts';
import { isLargeModel } from './large-model.ts';

/**
 * Loads the base model of a Hugging Face folder onto the active compute backend, frozen. Throws StudioError('invalid_file')
 * if config or weights are missing or wrong.
 */
export async function loadBaseModel(directory: string, options: LoadOptions = {}): Promise<BaseModel> {
  const config = await readConfig(directory);
  const weights = await openModelWeights(directory);
  try {
    const description = await describeOpened(config, weights);
    const encoded = options.encoded ?? isLargeModel(description.parameterCount);
    return await familyOf(config).load(description, config, weights, { ...options, encoded });
  } finally {
    await weights.close();
  }
}
