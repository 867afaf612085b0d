import * as tf from '@tensorflow/tfjs-core';
import {
  type BaseModel,
  type DecoderBlock,
  FrozenTensors,
  frequenciesOf,
  type HiddenStates,
  type RmsNorm,
  rotaryTable,
  runDecoderBlock,
} from '../../engine/api/base-parts.ts';
import { as2D } from '../../engine/ops/autograd/operation.ts';
import { FrozenWeight, frozenLinear, linearCrossEntropy } from '../../engine/ops/index.ts';
import { rmsNorm } from '../../engine/ops/normalization/rms-norm.ts';
import { linearOf, makeSyntheticModel, type SyntheticModel } from '../synthetic-model.ts';
import type { Workload } from '../workload.ts';
import { nextTokens } from './next-tokens.ts';

const hidden = 512;
const inner = 1536;
const heads = 8;
const epsilon = 1e-5;
const theta = 10_000;

/** A Llama-like language model with next-token prediction and tied head and embedding. */
export const decoderShape: Workload = {
  id: 'decoder',
  label: 'decoder',
  detail: 'decoder 8 × 512, 8 heads, mlp 1536 gated, 8 × 256 tokens, vocabulary 32 000, RMS norm, rotary, tied head',
  layers: 8,
  smallLayers: 2,
  async build({ small, bfloat16, batch: given }) {
    const size = small
      ? { layers: 2, usual: 2, tokens: 16, vocabulary: 500 }
      : { layers: 8, usual: 8, tokens: 256, vocabulary: 32_000 };
    const { layers, usual, tokens, vocabulary } = size;
    const batch = given ?? usual;
    const linear = (name: string, inFeatures: number, outFeatures: number) => ({
      name,
      inFeatures,
      outFeatures,
      hasBias: false,
    });
    const model = makeSyntheticModel({
      kind: 'causal-lm',
      layers,
      hidden,
      classes: null,
      layer: {
        linears: [
          ...['q_proj', 'k_proj', 'v_proj', 'o_proj'].map((name) => linear(name, hidden, hidden)),
          linear('gate_proj', hidden, inner),
          linear('up_proj', hidden, inner),
          linear('down_proj', inner, hidden),
        ],
        norms: ['before.weight', 'after.weight'],
      },
      others: {
        // Small, as the logits are products with it.
        'embedding.weight': { shape: [vocabulary, hidden], deviation: 0.05 },
        'norm.weight': { shape: [hidden], deviation: 0.05 },
      },
    });
    return {
      base: await loadDecoder(model, { layers, tokens, bfloat16 }),
      labels: null,
      batch: nextTokens(batch, tokens, vocabulary),
      architecture: {
        kind: 'decoder',
        layers,
        heads,
        hidden,
        tokens,
        epsilon,
        theta,
        pooling: 'none',
        cutsLastLayer: false,
      },
      extras: model.extras,
    };
  },
};

async function loadDecoder(
  model: SyntheticModel,
  { layers, tokens, bfloat16 }: { layers: number; tokens: number; bfloat16: boolean },
): Promise<BaseModel> {
  const { description, source } = model;
  const tensors = new FrozenTensors(source, { bfloat16 });
  for (const module of description.linears) await tensors.loadLinear(module);
  const embedding = new FrozenWeight(await source.read('embedding.weight'), null, bfloat16);
  const loadNorm = async (name: string): Promise<RmsNorm> => ({
    scale: await tensors.loadVector(`${name}.weight`),
    epsilon,
  });
  const norm = await loadNorm('norm');
  const blocks: DecoderBlock[] = [];
  for (let layer = 0; layer < layers; layer++)
    blocks.push({
      layer,
      heads,
      keyValueHeads: heads,
      window: 0,
      before: await loadNorm(`layers.${layer}.before`),
      after: await loadNorm(`layers.${layer}.after`),
      queryNorm: null,
      keyNorm: null,
      q: linearOf(model, layer, 'q_proj'),
      k: linearOf(model, layer, 'k_proj'),
      v: linearOf(model, layer, 'v_proj'),
      o: linearOf(model, layer, 'o_proj'),
      gate: linearOf(model, layer, 'gate_proj'),
      up: linearOf(model, layer, 'up_proj'),
      down: linearOf(model, layer, 'down_proj'),
    });
  const positions = rotaryTable(
    Array.from({ length: tokens }, (_, position) => position),
    frequenciesOf(theta, hidden / heads),
  );
  const rotary = { cos: tensors.own(positions.cos), sin: tensors.own(positions.sin) };
  const normalized = (states: HiddenStates) => rmsNorm(states.hidden, norm.scale, norm.epsilon);
  return {
    description,
    layerCount: layers,
    embed: (inputs) => {
      const ids = inputs['input_ids'];
      if (ids === undefined) throw new Error('the decoder reads input_ids');
      const [batch = 0, length = 0] = ids.shape;
      const rows = tf.tidy(() => as2D(tf.gather(embedding.weight, tf.reshape(ids, [-1]))));
      return { hidden: rows, batch, tokens: length, context: { rotary } };
    },
    layer: (index, states, runner) => {
      const block = blocks[index];
      if (block === undefined) throw new Error(`the decoder has no layer ${index}`);
      return runDecoderBlock(block, states, runner);
    },
    head: (states) => frozenLinear(normalized(states), embedding),
    loss: (states, labels) => linearCrossEntropy(normalized(states), embedding, labels),
    frozen: (module) => {
      const { weight, bias } = tensors.linear(module);
      return { weight, bias };
    },
    frozenWeight: (module) => tensors.linear(module),
    dispose: () => {
      embedding.dispose();
      tensors.dispose();
    },
  };
}
