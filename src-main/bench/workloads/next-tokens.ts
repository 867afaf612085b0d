import { tokenLoss } from '../../engine/api/steps.ts';
import { RandomTensors } from '../random-tensors.ts';

/** Label of the last token, which has no successor. */
const ignored = -100;

/** Random texts, [texts, tokens], each token labeled with the next. */
export function nextTokens(texts: number, tokens: number, vocabulary: number) {
  const ids = new RandomTensors(5).integers([texts, tokens], vocabulary);
  const labels = ids.data.map((_, at) => ((at + 1) % tokens === 0 ? ignored : (ids.data[at + 1] ?? ignored)));
  return { inputs: { input_ids: ids }, examples: texts, loss: tokenLoss(labels) };
}
