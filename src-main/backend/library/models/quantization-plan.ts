import type { ModelRecord } from '../../../../src-shared/domain/model.ts';
import type { QuantizationPlan } from '../../../../src-shared/domain/quantization.ts';
import { openModelWeights } from '../../../engine/models/huggingface/model-weights.ts';
import { planQuantization } from '../../../engine/models/huggingface/quantize-model.ts';

/** What each quantization would make of a base's size, from the headers of its files. Throws StudioError where none can. */
export async function planOf({
  path,
  description,
}: Pick<ModelRecord, 'path' | 'description'>): Promise<QuantizationPlan> {
  const weights = await openModelWeights(path);
  try {
    return planQuantization(description, weights);
  } finally {
    await weights.close();
  }
}
