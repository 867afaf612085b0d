import * as tf from '@tensorflow/tfjs-core';
import {
  applyNorm,
  type BaseModel,
  FrozenTensors,
  loadNorm,
  type PreNormBlock,
  runPreNormBlock,
} from '../../engine/api/base-parts.ts';
import { classLoss } from '../../engine/api/steps.ts';
import { as2D } from '../../engine/ops/autograd/operation.ts';
import { clsTokens } from '../../engine/ops/index.ts';
import { RandomTensors } from '../random-tensors.ts';
import { linearOf, makeSyntheticModel, type SyntheticModel } from '../synthetic-model.ts';
import type { Workload } from '../workload.ts';

const hidden = 256;
const inner = 1024;
const heads = 4;
const vocabulary = 1000;
const epsilon = 1e-5;
const classes = 10;

/** A text encoder that classifies by its first token; every layer is computed for all tokens, as in BERT. */
export const encoderShape: Workload = {
  id: 'encoder',
  label: 'encoder',
  detail: 'encoder 6 × 256, 4 heads, mlp 1024, 32 × 64 tokens, pre-norm, gelu, 10 classes',
  layers: 6,
  smallLayers: 2,
  async build({ small, bfloat16, batch: given }) {
    const size = small ? { layers: 2, usual: 2, tokens: 16 } : { layers: 6, usual: 32, tokens: 64 };
    const { layers, usual, tokens } = size;
    const batch = given ?? usual;
    const square = { inFeatures: hidden, outFeatures: hidden, hasBias: true };
    const model = makeSyntheticModel({
      kind: 'text-classification',
      layers,
      hidden,
      classes,
      layer: {
        linears: [
          { name: 'q_proj', ...square },
          { name: 'k_proj', ...square },
          { name: 'v_proj', ...square },
          { name: 'o_proj', ...square },
          { name: 'fc1', inFeatures: hidden, outFeatures: inner, hasBias: true },
          { name: 'fc2', inFeatures: inner, outFeatures: hidden, hasBias: true },
        ],
        norms: ['before.weight', 'before.bias', 'after.weight', 'after.bias'],
      },
      others: {
        'embedding.weight': { shape: [vocabulary, hidden], deviation: 1 },
        positions: { shape: [tokens, hidden], deviation: 0.5 },
        'norm.weight': { shape: [hidden], deviation: 0.05 },
        'norm.bias': { shape: [hidden], deviation: 0.05 },
      },
    });
    const made = new RandomTensors(3);
    return {
      base: await loadEncoder(model, layers, bfloat16),
      labels: model.description.labels,
      batch: {
        inputs: { input_ids: made.integers([batch, tokens], vocabulary) },
        examples: batch,
        loss: classLoss(made.integers([batch], classes).data),
      },
      architecture: {
        kind: 'encoder',
        layers,
        heads,
        hidden,
        tokens,
        epsilon,
        pooling: 'first',
        cutsLastLayer: false,
      },
      extras: model.extras,
    };
  },
};

async function loadEncoder(model: SyntheticModel, layers: number, bfloat16: boolean): Promise<BaseModel> {
  const { description, source } = model;
  const tensors = new FrozenTensors(source, { bfloat16 });
  for (const module of description.linears) await tensors.loadLinear(module);
  const embedding = as2D(await tensors.load('embedding.weight'));
  const positions = await tensors.load('positions');
  const norm = await loadNorm(tensors, 'norm', epsilon);
  const blocks: PreNormBlock[] = [];
  for (let layer = 0; layer < layers; layer++)
    blocks.push({
      heads,
      activation: 'gelu',
      causal: false,
      before: await loadNorm(tensors, `layers.${layer}.before`, epsilon),
      after: await loadNorm(tensors, `layers.${layer}.after`, epsilon),
      q: linearOf(model, layer, 'q_proj'),
      k: linearOf(model, layer, 'k_proj'),
      v: linearOf(model, layer, 'v_proj'),
      o: linearOf(model, layer, 'o_proj'),
      fc1: linearOf(model, layer, 'fc1'),
      fc2: linearOf(model, layer, 'fc2'),
    });
  const head = description.linears.find((module) => module.isHead);
  if (head === undefined) throw new Error('the encoder has no head');
  return {
    description,
    layerCount: layers,
    embed: (inputs) => {
      const ids = inputs['input_ids'];
      if (ids === undefined) throw new Error('the encoder reads input_ids');
      const [batch = 0, tokens = 0] = ids.shape;
      const rows = tf.tidy(() => {
        const found = tf.reshape(tf.gather(embedding, tf.reshape(ids, [-1])), [batch, tokens, hidden]);
        return as2D(tf.reshape(tf.add(found, positions), [batch * tokens, hidden]));
      });
      return { hidden: rows, batch, tokens };
    },
    layer: (index, states, runner) => {
      const block = blocks[index];
      if (block === undefined) throw new Error(`the encoder has no layer ${index}`);
      return runPreNormBlock(block, states, runner, false);
    },
    head: (states, runner) => runner.linear(head, applyNorm(norm, clsTokens(states.hidden, states.tokens))),
    frozen: (module) => {
      const { weight, bias } = tensors.linear(module);
      return { weight, bias };
    },
    frozenWeight: (module) => tensors.linear(module),
    dispose: () => tensors.dispose(),
  };
}
