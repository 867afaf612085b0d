import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { matmul, transpose } from '../../../../src-main/engine/linalg/index.ts';
import { mergeMethod } from '../../../../src-main/engine/merge/methods/index.ts';
import { mergeStates } from '../../../../src-main/engine/merge/run/merge-states.ts';
import { lambdaGrid } from '../../../../src-main/engine/studies/interpolation/interpolation.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { barriersOf } from '../../../../src-shared/studies/interpolation/barrier.ts';
import { goldenPath, taken } from '../../golden.ts';
import { change, description, moduleOf, state } from '../../merge/states.ts';

const module = 'vit.layers.0.attention.q_proj';
const curveSchema = z.object({ values: z.array(z.number()), barrier: z.number(), barrier_from_mean: z.number() });
const golden = z
  .looseObject({
    scaling: z.number(),
    loss_factors: curveSchema,
    loss_delta: curveSchema,
    loss_aligned_factors: curveSchema,
  })
  .parse(JSON.parse(readFileSync(goldenPath('methods', 'mode-connectivity', 'curves.json'), 'utf8')));

test.each([
  ['factor-average', golden.loss_factors],
  ['weight-average', golden.loss_delta],
  ['aligned-average', golden.loss_aligned_factors],
])('the golden curve of %s: mean squared error of X·(W + ΔW(λ))ᵀ against Y, and its barriers', async (id, expected) => {
  const tensors = await readSafetensors(goldenPath('methods', 'mode-connectivity', 'inputs.safetensors'));
  const given = (key: string) => taken(tensors, key);
  const adapters = [0, 1].map((index) =>
    state({ [module]: moduleOf(given(`A${index}`), given(`B${index}`), golden.scaling) }),
  );
  const base = { description: description(1), directory: '' };
  const [weight, inputs, targets] = [given('W'), given('X'), given('Y')];
  const points = [];
  for (const { lambda, weights } of lambdaGrid(expected.values.length)) {
    const merged = await mergeStates({ method: mergeMethod(id), weights, parameters: {}, base }, adapters);
    const delta = change(merged.modules.get(module));
    const sum = {
      shape: [6, 8] as const,
      data: Float64Array.from(weight.data, (value, at) => value + (delta[at] ?? 0)),
    };
    const outputs = matmul({ shape: [15, 8], data: Float64Array.from(inputs.data) }, transpose(sum));
    const squares = outputs.data.map((value, at) => (value - (targets.data[at] ?? 0)) ** 2);
    points.push({ lambda, value: squares.reduce((total, value) => total + value, 0) / squares.length });
  }
  for (const [at, { value }] of points.entries()) expect(value, `λ ${at}`).toBeCloseTo(expected.values[at] ?? 0, 6);
  const { line, mean } = barriersOf(points, 'lower');
  expect(line).toBeCloseTo(expected.barrier, 6);
  expect(mean).toBeCloseTo(expected.barrier_from_mean, 6);
});
