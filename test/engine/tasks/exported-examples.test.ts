import { expect, test } from 'vitest';
import { AnswerRows } from '../../../src-main/engine/tasks/preference/answer-rows.ts';
import { examplesOf } from '../../../src-main/engine/tasks/preference/examples.ts';
import { exportedExamples } from '../../../src-main/engine/tasks/preference/exported-examples.ts';

const rows = new AnswerRows();
for (const [prompt, answer, wanted] of [
  [[1, 2], [3], true],
  [[1, 2], [4, 5], false],
  [[6], [7], true],
  [[6], [8], false],
] as const)
  rows.add({ prompt, answer }, wanted);

function exported(of: 'pairs' | 'answers', indices: number[]) {
  const tensors = exportedExamples('train', examplesOf(rows, true, of, 16), Int32Array.from(indices));
  return Object.fromEntries(tensors.map(([name, { data }]) => [name, [...data].map(Number)]));
}

test('pairs are the chosen answers and the rejected ones, with a byte for each token of an answer', () => {
  expect(exported('pairs', [1, 0])).toEqual({
    'train.first.input_ids': [6, 7, 1, 2, 3],
    'train.first.offsets': [0, 2, 5],
    'train.first.answers': [0, 1, 0, 0, 1],
    'train.second.input_ids': [6, 8, 1, 2, 4, 5],
    'train.second.offsets': [0, 2, 6],
    'train.second.answers': [0, 1, 0, 0, 1, 1],
    'train.wanted': [1, 1],
  });
});

test('answers come with one to another prompt, and with whether they are wanted', () => {
  const found = exported('answers', [0, 3]);
  expect(found['train.first.input_ids']).toEqual([1, 2, 3, 6, 8]);
  expect(found['train.second.input_ids']).toEqual([1, 2, 8, 6, 4, 5]);
  expect(found['train.wanted']).toEqual([1, 0]);
});
