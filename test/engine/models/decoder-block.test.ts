import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { differentiated } from '../../../src-main/bench/conformance/differentiated.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import type { HiddenStates, LinearRunner } from '../../../src-main/engine/models/base-model.ts';
import {
  type DecoderLayer,
  decoderLayer,
  runDecoderLayer,
} from '../../../src-main/engine/models/blocks/decoder-layer.ts';
import { preNormLayer, rmsNormLayout } from '../../../src-main/engine/models/decoder/config.ts';
import { gatedLayout } from '../../../src-main/engine/models/decoder/feed-forward/gated.ts';
import { attentionLayout } from '../../../src-main/engine/models/decoder/mixers/attention.ts';
import { frequenciesOf, rotaryTable } from '../../../src-main/engine/models/decoder/rope.ts';
import { as1D, first } from '../../../src-main/engine/ops/autograd/operation.ts';
import { FrozenWeight, frozenLinear, rmsNorm } from '../../../src-main/engine/ops/index.ts';
import type { HostTensor } from '../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { type LinearModule, plainLinear } from '../../../src-shared/domain/models/model.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { floats, goldenPath, relativeDifference, taken } from '../golden.ts';

/** config.json of test/golden/llama/base. */
const config = { hidden: 24, heads: 4, keyValueHeads: 2, headSize: 6, layers: 3, epsilon: 1e-5, theta: 10_000 };
const [batch, tokens] = [2, 12];

let weights: ReadonlyMap<string, HostTensor>;
const linears = new Map<string, FrozenWeight>();
const vectors = new Map<string, tf.Tensor1D>();

beforeAll(async () => {
  await activateCompute('wasm');
  weights = await readSafetensors(goldenPath('llama', 'base', 'model.safetensors'));
});
afterAll(() => {
  for (const frozen of linears.values()) frozen.dispose();
  tf.dispose([...vectors.values()]);
});

const runner: LinearRunner = {
  taped: false,
  headTask: null,
  linear: (module, x, options) => frozenLinear(x, linear(module.name), options),
  embedding: () => {
    throw new Error('a block embeds nothing');
  },
  isPlain: () => true,
  inBfloat16: () => false,
};

it('gives the logits of transformers for a batch with padding', async () => {
  const inputs = await readSafetensors(goldenPath('llama', 'inputs.safetensors'));
  const expected = taken(await readSafetensors(goldenPath('llama', 'base-outputs.safetensors')), 'logits');
  const ids = Array.from(taken(inputs, 'input_ids').data, Number);
  const mask = Array.from(taken(inputs, 'attention_mask').data, Number);
  const table = floats(taken(weights, 'model.embed_tokens.weight'));
  const rows = ids.flatMap((id) => [...table.subarray(id * config.hidden, (id + 1) * config.hidden)]);
  const logits = tf.tidy(() => {
    const hidden = forward(tf.tensor2d(rows, [batch * tokens, config.hidden]), mask);
    const normalized = rmsNorm(hidden, vector('model.norm'), config.epsilon);
    return frozenLinear(normalized, linear('lm_head')).dataSync();
  });
  const vocabulary = expected.shape[2] ?? 0;
  // Outputs at padding do not count.
  const counted = (values: ArrayLike<number>) =>
    Array.from(values).filter((_, index) => mask[Math.floor(index / vocabulary)] === 1);
  expect(mask).toContain(0);
  expect(relativeDifference(counted(logits), counted(floats(expected)))).toBeLessThan(1e-5);
});

it('passes gradients down that agree with finite differences, and keeps no tensor', () => {
  linear('model.layers.0.mlp.down_proj');
  tf.tidy(() => forward(tf.zeros([batch * tokens, config.hidden]), null));
  const before = tf.memory().numTensors;
  const random = RandomStream.seeded(8, 'study');
  const draw = () => Float32Array.from({ length: batch * tokens * config.hidden }, () => random.normal());
  const [x, direction, weight] = [draw(), draw(), draw()];
  const along = (step: number) =>
    tf.tidy(() => {
      const moved = x.map((value, index) => value + step * (direction[index] ?? 0));
      const out = floats32(forward(tf.tensor2d(moved, [batch * tokens, config.hidden]), null));
      return out.reduce((sum, value, index) => sum + value * (weight[index] ?? 0), 0);
    });
  const slope = tf.tidy(() => {
    const start = tf.tensor2d(x, [batch * tokens, config.hidden]);
    const dy = tf.tensor2d(weight, [batch * tokens, config.hidden]);
    const { gradients } = differentiated(() => forward(start, null), [start], dy);
    return floats32(first(gradients)).reduce((sum, value, index) => sum + value * (direction[index] ?? 0), 0);
  });
  expect(tf.memory().numTensors).toBe(before);
  const difference = (along(2e-3) - along(-2e-3)) / 4e-3;
  expect(Math.abs(slope / difference - 1)).toBeLessThan(1e-3);
});

function forward(x: tf.Tensor2D, mask: readonly number[] | null): tf.Tensor2D {
  const positions = Array.from({ length: tokens }, (_, position) => position);
  const context = {
    rotaries: [rotaryTable(positions, frequenciesOf(config.theta, config.headSize))],
    mask: mask === null ? undefined : tf.tensor2d([...mask], [batch, tokens]),
  };
  let states: HiddenStates = { hidden: x, batch, tokens, context };
  for (let layer = 0; layer < config.layers; layer++) states = runDecoderLayer(block(layer), states, runner);
  return states.hidden;
}

function floats32(tensor: tf.Tensor): Float32Array {
  return Float32Array.from(tensor.dataSync());
}

function block(layer: number): DecoderLayer {
  const key = `model.layers.${layer}`;
  const module = (name: string): LinearModule => {
    const [outFeatures = 0, inFeatures = 0] = taken(weights, `${name}.weight`).shape;
    return {
      name,
      aliases: [],
      checkpointKey: name,
      layer,
      inFeatures,
      outFeatures,
      hasBias: false,
      isHead: false,
      ...plainLinear,
    };
  };
  const { hidden, heads, keyValueHeads, headSize, epsilon } = config;
  const inner = taken(weights, `${key}.mlp.down_proj.weight`).shape[1] ?? 0;
  const sizes = { hidden, inner, heads, keyValueHeads, headSize };
  const norms = {
    beforeMixer: rmsNormLayout(`${key}.input_layernorm`, hidden, epsilon),
    beforeFeedForward: rmsNormLayout(`${key}.post_attention_layernorm`, hidden, epsilon),
  };
  const mixer = attentionLayout(`${key}.self_attn`, sizes);
  const layout = preNormLayer(norms, { mixer, feedForward: gatedLayout(`${key}.mlp`, sizes) });
  return decoderLayer({ name: key, ...layout }, layer, {
    module,
    norm: ({ name }) => ({ layout: rmsNormLayout(name, hidden, epsilon), scale: vector(name), shift: null }),
    tensor: (name) => vector(name),
  });
}

function linear(name: string): FrozenWeight {
  const known = linears.get(name);
  if (known) return known;
  const made = new FrozenWeight(taken(weights, `${name}.weight`), null);
  linears.set(name, made);
  return made;
}

function vector(name: string): tf.Tensor1D {
  const known = vectors.get(name);
  if (known) return known;
  const made = tf.keep(as1D(tf.tensor(floats(taken(weights, `${name}.weight`)))));
  vectors.set(name, made);
  return made;
}
