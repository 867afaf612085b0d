import type { ModelRecord } from '../../../../src-shared/domain/models/model.ts';
import type { QuantizationPlan } from '../../../../src-shared/domain/models/quantization.ts';
import { openModelWeights, planQuantization } from '../../../engine/api/models.ts';

/**
 * Computes a base's size under each quantization, from the headers of its files. Throws StudioError if none is
 * possible.
 */
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
