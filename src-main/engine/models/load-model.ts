import type { BaseModel } from './base-model.ts';
import type { LoadOptions } from './family.ts';
import { describeOpened, familyOf, readConfig } from './huggingface/model-folder.ts';
import { openModelWeights } from './huggingface/model-weights.ts';
import { isLargeModel } from './large-model.ts';

export interface LoadingOptions {
  /** Called before each tensor with the number of those before it and the model's size on disk; what it throws ends the loading. */
  readonly onLoading?: (done: number, total: number, modelBytes: number) => Promise<void>;
}

/**
 * Loads the base model of a Hugging Face folder onto the active compute backend, frozen. Throws StudioError('invalid_file')
 * if config or weights are missing or wrong.
 */
export async function loadBaseModel(
  directory: string,
  { onLoading, ...options }: LoadOptions & LoadingOptions = {},
): Promise<BaseModel> {
  const config = await readConfig(directory);
  const weights = await openModelWeights(directory);
  try {
    const description = await describeOpened(config, weights);
    const encoded = options.encoded ?? isLargeModel(description.parameterCount);
    const onTensor = onLoading && ((done: number, total: number) => onLoading(done, total, description.sizeBytes));
    return await familyOf(config).load(description, config, weights, {
      ...options,
      encoded,
      ...(onTensor && { onTensor }),
    });
  } finally {
    await weights.close();
  }
}
