import * as tf from '@tensorflow/tfjs-core';
import {
  applyDecoderNorm,
  attentionLayout,
  type BaseModel,
  type DecoderLayerLayout,
  decoderLayer,
  FrozenTensors,
  frequenciesOf,
  gatedLayout,
  type HiddenStates,
  layerContents,
  loadLayerTensors,
  namedModules,
  preNormLayer,
  rmsNormLayout,
  rotaryTable,
  runDecoderLayer,
} from '../../engine/api/base-parts.ts';
import { as2D } from '../../engine/ops/autograd/operation.ts';
import { FrozenWeight, frozenLinear, linearCrossEntropy } from '../../engine/ops/index.ts';
import { makeSyntheticModel, type SyntheticModel } from '../synthetic-model.ts';
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

/** The layout of a layer of the shape. */
export function decoderLayerShape(name: string): DecoderLayerLayout {
  const sizes = { hidden, inner, heads, keyValueHeads: heads, headSize: hidden / heads };
  const norms = {
    beforeMixer: rmsNormLayout(`${name}.before`, hidden, epsilon),
    beforeFeedForward: rmsNormLayout(`${name}.after`, hidden, epsilon),
  };
  return {
    name,
    ...preNormLayer(norms, { mixer: attentionLayout(name, sizes), feedForward: gatedLayout(name, sizes) }),
  };
}

async function loadDecoder(
  model: SyntheticModel,
  { layers, tokens, bfloat16 }: { layers: number; tokens: number; bfloat16: boolean },
): Promise<BaseModel> {
  const { description, source } = model;
  const tensors = new FrozenTensors(source, { bfloat16 });
  for (const module of description.linears) await tensors.loadLinear(module);
  const embedding = new FrozenWeight(await source.read('embedding.weight'), null, bfloat16);
  const layouts = Array.from({ length: layers }, (_, layer) => decoderLayerShape(`layers.${layer}`));
  const finalNorm = rmsNormLayout('norm', hidden, epsilon);
  const norms = [...layouts.flatMap((layout) => layerContents(layout).norms), finalNorm];
  const loaded = await loadLayerTensors({ norms, tensors: [] }, tensors, namedModules(description));
  const blocks = layouts.map((layout, index) => decoderLayer(layout, index, loaded));
  const positions = rotaryTable(
    Array.from({ length: tokens }, (_, position) => position),
    frequenciesOf(theta, hidden / heads),
  );
  const rotaries = [{ cos: tensors.own(positions.cos), sin: tensors.own(positions.sin) }];
  const normalized = (states: HiddenStates) => applyDecoderNorm(loaded.norm(finalNorm), states.hidden);
  return {
    description,
    layerCount: layers,
    embed: (inputs) => {
      const ids = inputs['input_ids'];
      if (ids === undefined) throw new Error('the decoder reads input_ids');
      const [batch = 0, length = 0] = ids.shape;
      const rows = tf.tidy(() => as2D(tf.gather(embedding.weight, tf.reshape(ids, [-1]))));
      return { hidden: rows, batch, tokens: length, context: { rotaries } };
    },
    layer: (index, states, runner) => {
      const block = blocks[index];
      if (block === undefined) throw new Error(`the decoder has no layer ${index}`);
      return runDecoderLayer(block, states, runner);
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
