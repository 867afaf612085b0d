import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import type { RotaryTable } from '../../ops/attention/rotary.ts';
import { as2D } from '../../ops/autograd/operation.ts';
import { clsTokens } from '../../ops/indexing/cls-tokens.ts';
import { weightedTokenMean } from '../../ops/loss/weighted-token-mean.ts';
import type { TensorSource } from '../../tensors/safetensors.ts';
import type { BaseModel, HiddenStates, LinearRunner, ModelInputs } from '../base-model.ts';
import { applyNorm, loadNorm } from '../blocks/norm.ts';
import { embedPatches, type PatchEmbedding, resizedPositions } from '../blocks/patch-embedding.ts';
import { type PreNormBlock, runPreNormBlock } from '../blocks/pre-norm-block.ts';
import { FrozenTensors, layerOf } from '../blocks/weights.ts';
import type { LoadOptions } from '../family.ts';
import { namedModules } from '../named-modules.ts';
import { leadingCount, patchGrid, type VisionLayout } from './layout.ts';
import { classifierName, layerName, VisionNames } from './modules.ts';
import { bicubicMatrix, patchAngles, type Rectangle, squareGrid } from './positions.ts';

/**
 * Loads a vision transformer for images of the description's size. With a classifier, its own or an adapter's, the outputs
 * are logits; without one, the pooled state of each image.
 */
export async function loadVision(
  description: ModelDescription,
  layout: VisionLayout,
  source: TensorSource,
  options: LoadOptions,
): Promise<BaseModel> {
  const tensors = new FrozenTensors(source, options);
  try {
    const names = new VisionNames(layout, source);
    const { layerCount } = layout;
    for (const module of description.linears) if (!module.isMissing) await tensors.loadLinear(module);
    const embedding = await loadEmbedding(tensors, layout, names, description.image ?? layout.image);
    const rotary = ownRotary(tensors, layout, embedding.image);
    const blocks: PreNormBlock[] = [];
    for (let layer = 0; layer < layerCount; layer++)
      blocks.push(await loadBlock(tensors, layout, names, description, layer));
    const finalNorm = await loadNorm(tensors, names.key(layout.finalNorm), layout.epsilon);
    const classifier = namedModules(description)(classifierName);
    const classifies = (runner: LinearRunner) => !classifier.isMissing || !runner.isPlain(classifier);
    const readsFirst = layout.pooling === 'class';

    const embed = (inputs: ModelInputs): HiddenStates => {
      const pixels = inputs['pixel_values'];
      if (pixels === undefined) throw new StudioError('invalid_input', 'The inputs lack the tensor "pixel_values".');
      const states = embedPatches(embedding, pixels);
      return rotary === null ? states : { ...states, context: { rotaries: [rotary] } };
    };
    const layer: BaseModel['layer'] = (index, states, runner) => {
      const onlyFirstToken = readsFirst && index === layerCount - 1 && classifies(runner);
      return runPreNormBlock(layerOf(blocks, index), states, runner, onlyFirstToken);
    };
    const normalized = ({ hidden }: HiddenStates) => applyNorm(finalNorm, hidden);
    const pooled = (states: HiddenStates): tf.Tensor2D => {
      const { hidden, batch, tokens } = states;
      if (readsFirst) return applyNorm(finalNorm, clsTokens(hidden, tokens));
      const all = normalized(states);
      const mean = weightedTokenMean(all, patchWeights(batch, tokens, leadingCount(layout)));
      return layout.pooling === 'mean' ? mean : tf.concat2d([clsTokens(all, tokens), mean], 1);
    };
    const head = (states: HiddenStates, runner: LinearRunner) =>
      classifies(runner) ? runner.linear(classifier, pooled(states)) : pooled(states);
    return {
      description,
      layerCount,
      embed,
      layer,
      head,
      finalStates: normalized,
      outputs: (inputs, runner) => {
        let states = embed(inputs);
        for (let index = 0; index < layerCount; index++) states = layer(index, states, runner);
        if (classifies(runner)) return { logits: head(states, runner) };
        const shape = [states.batch, states.tokens, layout.hiddenSize];
        return { last_hidden_state: tf.reshape(normalized(states), shape), embeddings: pooled(states) };
      },
      ...tensors.access(),
    };
  } catch (error) {
    tensors.dispose();
    throw error;
  }
}

/** The share of each token in the mean of the patches, [batch, tokens]. */
function patchWeights(batch: number, tokens: number, leading: number): tf.Tensor2D {
  const row = Float32Array.from({ length: tokens }, (_, token) => (token < leading ? 0 : 1 / (tokens - leading)));
  return tf.tile(tf.tensor2d(row, [1, tokens]), [batch, 1]);
}

async function loadEmbedding(
  tensors: FrozenTensors,
  layout: VisionLayout,
  names: VisionNames,
  image: Rectangle & { readonly channels: number },
): Promise<PatchEmbedding> {
  const { hiddenSize: hidden, patch, positions } = layout;
  const area = image.channels * patch.height * patch.width;
  const key = names.key(layout.patches);
  const filters = await tensors.load(`${key}.weight`, [hidden, area]);
  const bias = await tensors.loadBias(`${key}.bias`);
  const leading: tf.Tensor[] = [];
  for (const { name } of layout.leading) leading.push(await tensors.load(names.key(name)));
  return {
    image,
    patch,
    projection: as2D(filters),
    bias,
    leading,
    ...(positions === undefined
      ? { positions: null }
      : await loadPositions(tensors, { ...layout, positions }, names, image)),
  };
}

/** Learned positions, fitted to the images' size: at once where they are frozen, else by a matrix in each pass. */
async function loadPositions(
  tensors: FrozenTensors,
  layout: VisionLayout & { readonly positions: NonNullable<VisionLayout['positions']> },
  names: VisionNames,
  image: Rectangle,
): Promise<Pick<PatchEmbedding, 'positions' | 'positioned' | 'resizing'>> {
  const { positions, hiddenSize: hidden } = layout;
  const key = names.key(positions.name);
  const [from, to] = [patchGrid(layout, layout.image), patchGrid(layout, image)];
  const count = positions.tokens + from.height * from.width;
  const learned = await tensors.load(key, [1, count, hidden]);
  const positioned = positions.tokens;
  if (from.height === to.height && from.width === to.width) return { positions: learned, positioned };
  const matrix = bicubicMatrix(
    squareGrid(from.height * from.width, key),
    to,
    positions.resizing === 'bicubic-antialias',
  );
  const resizing = tensors.own(tf.tensor2d(matrix, [to.height * to.width, from.height * from.width]));
  if (learned instanceof tf.Variable) return { positions: learned, positioned, resizing };
  return { positions: tensors.own(resizedPositions(learned, positioned, resizing)), positioned };
}

/** The rotation of queries and keys on images of this size; null if there is none. */
function ownRotary(tensors: FrozenTensors, layout: VisionLayout, image: Rectangle): RotaryTable | null {
  const { rotaryBase: base, hiddenSize, heads } = layout;
  if (base === undefined) return null;
  const grid = patchGrid(layout, image);
  const [leading, headSize] = [leadingCount(layout), hiddenSize / heads];
  const angles = patchAngles(grid, { leading, headSize, base });
  const table = (value: (angle: number) => number) =>
    tensors.own(tf.tensor2d(angles.map(value), [leading + grid.height * grid.width, headSize / 2]));
  return { cos: table(Math.cos), sin: table(Math.sin) };
}

async function loadBlock(
  tensors: FrozenTensors,
  layout: VisionLayout,
  names: VisionNames,
  description: ModelDescription,
  layer: number,
): Promise<PreNormBlock> {
  const { before, after, scales, gate, q, k, v, o, fc1, fc2 } = layout.layer;
  const module = namedModules(description);
  const linear = ({ name }: { readonly name: string }) => module(layerName(layout, layer, name));
  const scale = (name: string) => tensors.loadVector(names.layerKey(layer, { name }));
  return {
    heads: layout.heads,
    activation: layout.activation,
    causal: false,
    before: await loadNorm(tensors, names.layerKey(layer, before), layout.epsilon),
    after: await loadNorm(tensors, names.layerKey(layer, after), layout.epsilon),
    q: linear(q),
    k: linear(k),
    v: linear(v),
    o: linear(o),
    fc1: linear(fc1),
    fc2: linear(fc2),
    ...(gate && { gate: linear(gate) }),
    ...(scales && {
      scales: { attention: await scale(scales.attention), feedForward: await scale(scales.feedForward) },
    }),
  };
}
