import type { MaskScore } from '../../../../src-shared/domain/evaluation/mask-table.ts';
import { outcomesOf, predictionsOf, type TaskOutputs } from '../../outcomes/index.ts';

/**
 * Accuracy and loss of outputs without the further metrics of a score (of many classes the confusion matrix would cost
 * more than these), and the examples (or tokens) that they are means over.
 */
export async function meanOutcome(outputs: TaskOutputs): Promise<Pick<MaskScore, 'weight' | 'accuracy' | 'loss'>> {
  const { losses, correct, tokens } = outcomesOf(await predictionsOf(outputs));
  const weight = tokens === null ? losses.length : total(tokens.counted);
  const right = tokens?.right ?? correct;
  return {
    weight,
    accuracy: right === null ? null : total(right) / weight,
    loss: losses.reduce((sum, loss, at) => sum + loss * (tokens?.counted[at] ?? 1), 0) / weight,
  };
}

function total(values: Uint8Array | Uint32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
