import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import type { AdapterVariant, ModuleTensors } from '../../../../src-main/engine/adapters/variant/variant.ts';
import { abba } from '../../../../src-main/engine/adapters/variants/abba.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { FrozenWeight } from '../../../../src-main/engine/ops/index.ts';
import type { HostTensor } from '../../../../src-main/engine/tensors/host-tensor.ts';
import { type LinearModule, plainLinear } from '../../../../src-shared/domain/models/model.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { checkedParameters } from '../../../../src-shared/domain/parameters/parameter-check.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { testCompute } from '../../test-compute.ts';

/** Variants without a reference in PEFT, worked out by hand on a linear of 2 × 2. */
const module: LinearModule = {
  ...plainLinear,
  name: 'm',
  aliases: [],
  checkpointKey: 'm',
  layer: 0,
  inFeatures: 2,
  outFeatures: 2,
  hasBias: false,
  isHead: false,
};

beforeAll(() => activateCompute(testCompute));

async function start(variant: AdapterVariant, parameters: ParameterValues, weight: HostTensor) {
  const values = checkedParameters(variant.declaration, parameters);
  const strength = variant.strength(values, ['m']);
  const random = RandomStream.seeded(1, 'initialization');
  const source = { random, weight: async () => weight };
  const tensors = await variant.initialize(module, { rank: strength.rank, parameters: values }, source);
  return { ...strength, module, parameters: values, tensors: new Map(tensors) };
}

/** The output for one input, beside the base and merged into it. */
function outputs(variant: AdapterVariant, adapted: ModuleTensors<HostTensor>, weight: HostTensor, input: number[]) {
  const tensors = new Map(
    [...adapted.tensors].map(([part, { shape, data }]) => [
      part,
      tf.variable(tf.tensor(Float32Array.from(data), [...shape])),
    ]),
  );
  const frozen = new FrozenWeight(weight, null);
  const x = tf.tensor2d([input]);
  const beside = tf.tidy(() => Array.from(variant.forward(x, frozen, { ...adapted, tensors }, {}).dataSync()));
  const merged = tf.tidy(() => {
    const whole = variant.mergedWeight(frozen.weight, { ...adapted, tensors }, false);
    return Array.from(tf.matMul(x, whole, false, true).dataSync());
  });
  frozen.dispose();
  x.dispose();
  for (const tensor of tensors.values()) tensor.dispose();
  return { beside, merged };
}

it("ABBA starts its first pair as the weight's main part, and scales by alpha² / √(r₁r₂)", async () => {
  const weight = { shape: [2, 2], data: Float32Array.of(9, 0, 0, 1) };
  const adapted = await start(abba, { r1: 1, r2: 4, alpha: 2 }, weight);
  expect(adapted.scaling).toBe(2);
  expect(adapted.rank).toBe(4);
  const product = (part: 'a1' | 'b1') => Array.from(adapted.tensors.get(part)?.data ?? [], Math.abs);
  // W = 9·e₁e₁ᵀ + e₂e₂ᵀ, whose first component is split into 3 and 3.
  expect(product('a1')).toEqual([3, 0]);
  expect(product('b1')).toEqual([3, 0]);
  expect(outputs(abba, adapted, weight, [1, 2])).toEqual({ beside: [9, 2], merged: [9, 2] });
  // All entries of B₂·A₂ become 4 · 0.5 · 0.25 = 0.5, of which the first pair lets only one through: ΔW = 2 · 9 · 0.5 at (1, 1).
  adapted.tensors.set('a2', { shape: [4, 2], data: new Float32Array(8).fill(0.25) });
  adapted.tensors.set('b2', { shape: [2, 4], data: new Float32Array(8).fill(0.5) });
  expect(outputs(abba, adapted, weight, [1, 2])).toEqual({ beside: [18, 2], merged: [18, 2] });
});
