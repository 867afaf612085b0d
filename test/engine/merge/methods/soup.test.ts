import { describe, expect, test } from 'vitest';
import { mergeMethod } from '../../../../src-main/engine/merge/methods/index.ts';
import { mergeStates } from '../../../../src-main/engine/merge/run/merge-states.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { change, description, factors, matrix, state } from '../states.ts';

const name = 'vit.layers.0.attention.q_proj';
/** A checkpoint whose A, and whose head, is its number; B is 1. */
const checkpoint = (value: number) =>
  state({ [name]: factors([[value, 0]], [[1], [1]], 1) }, { saved: { 'classifier.bias': matrix([[value]]) } });

async function soup(
  method: string,
  values: number[],
  options: { parameters?: ParameterValues; steps?: (number | null)[]; weights?: number[] } = {},
) {
  const { parameters = {}, steps = values.map(() => null), weights = values.map(() => 1) } = options;
  const base = { description: description(1), directory: '' };
  const request = { method: mergeMethod(method), weights, parameters, steps, base };
  const merged = await mergeStates(request, values.map(checkpoint));
  const module = merged.modules.get(name);
  if (!module) throw new Error('no module');
  const head = merged.saved.get('classifier.bias')?.data[0] ?? Number.NaN;
  const value = change(module)[0] ?? Number.NaN;
  // The head is averaged by the same shares.
  expect(head).toBeCloseTo(value, 6);
  return { value, rank: module.tensors.get('a')?.shape[0] };
}

test('the average of checkpoints weighs all alike; of ΔW too, at the sum of the ranks', async () => {
  expect(await soup('checkpoint-average', [1, 2, 6])).toEqual({ value: 3, rank: 1 });
  const delta = await soup('checkpoint-average', [1, 2, 6], { parameters: { average_of: 'delta' } });
  expect(delta.rank).toBe(3);
  expect(delta.value).toBeCloseTo(3, 6);
});

describe('EMA', () => {
  test('is the recursion m ← d·m + (1 − d)·θ from the first checkpoint on', async () => {
    const values = [8, 4, -2, 1];
    const decay = 0.75;
    const expected = values.reduce((mean, value) => decay * mean + (1 - decay) * value);
    expect((await soup('ema', values, { parameters: { decay } })).value).toBeCloseTo(expected, 6);
    expect((await soup('ema', values, { parameters: { decay: 0 } })).value).toBe(1);
  });

  test('goes by the training steps, whatever the order of the inputs', async () => {
    const parameters = { decay: 0.75 };
    const inOrder = await soup('ema', [8, 4, 1], { parameters, steps: [10, 20, 30] });
    expect(await soup('ema', [1, 8, 4], { parameters, steps: [30, 10, 20] })).toEqual(inOrder);
  });
});

describe('post-hoc EMA', () => {
  test.each([
    // ∫ over (0, 10] and (10, 40] of tᵞ: 10 and 30 parts; 100 and 1500 parts.
    [0, [10, 40], (10 * 1 + 30 * 5) / 40],
    [1, [10, 40], (100 * 1 + 1500 * 5) / 1600],
  ])('γ = %d over steps %j', async (gamma, steps, expected) => {
    const { value } = await soup('post-hoc-ema', [1, 5], { parameters: { gamma }, steps });
    expect(value).toBeCloseTo(expected, 6);
  });

  test('without known steps the checkpoints count as 1, 2, …; a long power does not overflow', async () => {
    const { value } = await soup('post-hoc-ema', [1, 5], { parameters: { gamma: 1 } });
    expect(value).toBeCloseTo((1 * 1 + 3 * 5) / 4, 6);
    const late = await soup('post-hoc-ema', [1, 5], { parameters: { gamma: 500 }, steps: [10000, 20000] });
    expect(late.value).toBeCloseTo(5, 6);
  });
});

test('a weight of an input multiplies its share', async () => {
  expect((await soup('checkpoint-average', [1, 5], { weights: [3, 1] })).value).toBeCloseTo(2, 6);
});
