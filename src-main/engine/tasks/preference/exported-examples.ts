import { markedRowTensors } from '../shared/row-tensors.ts';
import { tokenRowOf } from './answer-rows.ts';
import { type PreferenceExamples, rowsOf } from './examples.ts';

/**
 * The examples `indices` of a split for the Python script: `<split>.first` with the chosen answers, or an example's own,
 * `<split>.second` with the rejected ones, or those to other prompts, and `<split>.wanted` for each example.
 */
export function exportedExamples(split: 'train' | 'test', examples: PreferenceExamples, indices: Int32Array) {
  const chosen = [...indices].map((index) => examples.at(index));
  const rows = (place: 0 | 1) => chosen.map((example) => tokenRowOf(rowsOf(example)[place]));
  const wanted = Uint8Array.from(chosen, (example) => ('chosen' in example || example.wanted ? 1 : 0));
  return [
    ...markedRowTensors(`${split}.first`, rows(0), 'answers'),
    ...markedRowTensors(`${split}.second`, rows(1), 'answers'),
    [`${split}.wanted`, { shape: [wanted.length], data: wanted }] as const,
  ] as const;
}
