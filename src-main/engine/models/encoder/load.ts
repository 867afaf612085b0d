import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { as2D } from '../../ops/autograd/operation.ts';
import type { TensorSource } from '../../tensors/safetensors.ts';
import type { BaseModel, ModelInputs } from '../base-model.ts';
import { distanceTensors } from '../blocks/distance-attention.ts';
import { applyNorm, loadNorm } from '../blocks/norm.ts';
import { biasTensor, type PostNormBlock, runPostNormBlock } from '../blocks/post-norm-block.ts';
import { relativeBias } from '../blocks/relative-bias.ts';
import { FrozenTensors, layerOf } from '../blocks/weights.ts';
import type { LoadOptions } from '../family.ts';
import { namedModules } from '../named-modules.ts';
import { givenIds, readTextInputs, type TextInputs } from '../text-inputs.ts';
import { encoderHead } from './head.ts';
import { checkpointKey, distanceNames, embeddingNames } from './modules.ts';
import { type EncoderPlan, layerName, ownLayers } from './plan.ts';
import { reachMatrix, reachOf } from './relative-positions.ts';

/**
 * Loads an encoder with the architecture of BERT. With a classifier, its own or an adapter's, the outputs are logits from
 * the first token, or from every token, [batch · tokens, labels]; without one, normalized embeddings: the mean of each text's last states.
 */
export async function loadEncoder(
  description: ModelDescription,
  plan: EncoderPlan,
  source: TensorSource,
  options: LoadOptions,
): Promise<BaseModel> {
  const layerCount = plan.layers.length;
  const tensors = new FrozenTensors(source, options);
  try {
    for (const module of description.linears) if (!module.isMissing) await tensors.loadLinear(module);
    const embed = await loadEmbedding(description, plan, source, tensors);
    const byName = new Map<string, PostNormBlock>();
    for (const layer of ownLayers(plan))
      byName.set(layerName(plan, layer), await loadBlock(description, plan, source, tensors, layer));
    const blocks = plan.layers.flatMap((_, layer) => byName.get(layerName(plan, layer)) ?? []);
    const module = namedModules(description);
    const head = encoderHead(description, plan, module, null);
    const layer: BaseModel['layer'] = (index, states, runner) => {
      return runPostNormBlock(
        layerOf(blocks, index),
        states,
        runner,
        index === layerCount - 1 && head.readsFirstToken(runner),
      );
    };
    return {
      description,
      layerCount,
      mixesExamples: plan.relative !== null,
      repeatsLayers: ownLayers(plan).length < layerCount,
      embed,
      layer,
      ...head.outputs({ embed, layer, layerCount }),
      ...tensors.access(),
    };
  } catch (error) {
    tensors.dispose();
    throw error;
  }
}

async function loadEmbedding(
  description: ModelDescription,
  plan: EncoderPlan,
  source: TensorSource,
  tensors: FrozenTensors,
): Promise<BaseModel['embed']> {
  const module = namedModules(description);
  const table = (name: string) => module(`${plan.prefix}.${name}`);
  const words = table(embeddingNames.words);
  const places = plan.positions ? table(embeddingNames.positions) : null;
  const kinds = plan.types > 0 ? table(embeddingNames.types) : null;
  const key = (name: string) => checkpointKey(plan, source, `${plan.prefix}.${name}`);
  const projection = plan.projection && table(plan.projection.name);
  const norm = await loadNorm(tensors, key(embeddingNames.norm), plan.epsilon);
  const distances = await loadDistances(plan, tensors, key);
  const { bias } = plan;
  const biases = bias && as2D(await tensors.load(key(`${bias.name}.weight`)));
  return (inputs, runner) => {
    const { ids, batch, tokens, mask, positions, types } = readEncoderInputs(inputs, plan);
    let sum = runner.embedding(words, ids);
    if (places && positions) sum = tf.add(sum, runner.embedding(places, positions));
    if (kinds && types) sum = tf.add(sum, runner.embedding(kinds, types));
    const normalized = applyNorm(norm, sum);
    const embedded =
      plan.clearsPadding && mask ? tf.mul<tf.Tensor2D>(normalized, tf.reshape(mask, [batch * tokens, 1])) : normalized;
    const hidden = projection ? runner.linear(projection, embedded) : embedded;
    const ofScores = bias && biases ? { [biasTensor]: relativeBias(biases, bias, { queries: tokens, tokens }) } : {};
    return { hidden, batch, tokens, context: { mask, tensors: { ...distances(tokens), ...ofScores } } };
  };
}

/** Inputs of each layer's relative attention, for sequences of `tokens` tokens. */
async function loadDistances(
  plan: EncoderPlan,
  tensors: FrozenTensors,
  key: (name: string) => string,
): Promise<(tokens: number) => Readonly<Record<string, tf.Tensor>>> {
  const { relative } = plan;
  if (relative === null) return () => ({});
  const stored = as2D(await tensors.load(key('encoder.rel_embeddings.weight')));
  const norm = relative.normalizes ? await loadNorm(tensors, key('encoder.LayerNorm'), plan.epsilon) : null;
  return (tokens) => {
    const reach = reachOf(relative, tokens);
    const rows = tf.slice(stored, [reach.firstRow, 0], [reach.rowCount, plan.hiddenSize]);
    return {
      [distanceTensors.rows]: norm ? applyNorm(norm, rows) : rows,
      [distanceTensors.ascending]: reachMatrix(reach, false),
      [distanceTensors.descending]: reachMatrix(reach, true),
    };
  };
}

async function loadBlock(
  description: ModelDescription,
  plan: EncoderPlan,
  source: TensorSource,
  tensors: FrozenTensors,
  layer: number,
): Promise<PostNormBlock> {
  const { names, relative } = plan;
  const name = layerName(plan, layer);
  const key = checkpointKey(plan, source, name);
  const module = namedModules(description);
  const linear = (part: string) => module(`${name}.${part}`);
  const [ownKey, ownQuery] = relative?.sharesLinears ? [names.k, names.q] : [distanceNames.k, distanceNames.q];
  return {
    heads: plan.heads,
    activation: plan.activation,
    q: linear(names.q),
    k: linear(names.k),
    v: linear(names.v),
    o: linear(names.o),
    fc1: linear(names.fc1),
    fc2: linear(names.fc2),
    attentionNorm: await loadNorm(tensors, `${key}.${names.attentionNorm}`, plan.epsilon),
    outputNorm: await loadNorm(tensors, `${key}.${names.outputNorm}`, plan.epsilon),
    scoreScale: plan.scoreScale,
    distances: relative && {
      key: relative.contentToPosition ? linear(ownKey) : null,
      query: relative.positionToContent ? linear(ownQuery) : null,
    },
  };
}

interface EncoderInputs extends Omit<TextInputs, 'positions' | 'segments'> {
  /** Position ids of every token [batch · tokens]; null if positions are not learned. */
  readonly positions: tf.Tensor1D | null;
  /** Token type ids of every token [batch · tokens]; null if the model has none. */
  readonly types: tf.Tensor1D | null;
}

/**
 * input_ids [batch, tokens], with attention_mask, token_type_ids (default 0) and position_ids if given.
 * @throws StudioError invalid_input if a tensor is missing, has another shape or an id out of range.
 */
function readEncoderInputs(inputs: ModelInputs, plan: EncoderPlan): EncoderInputs {
  const limits = { vocabularySize: plan.vocabularySize, maxPositions: Number.POSITIVE_INFINITY };
  const { ids, batch, tokens, mask } = readTextInputs(inputs, limits);
  if (tokens > plan.maxTokens)
    throw new StudioError(
      'invalid_input',
      `A text has ${tokens} tokens, but the model takes ${plan.maxTokens}.`,
      'Shorten the text, or cut it off at that many tokens.',
    );
  const rows = batch * tokens;
  const positions = plan.positions
    ? (givenIds(inputs, 'position_ids', rows, plan.positions.rows) ??
      tf.tensor1d(positionsOf(plan.positions.padding, ids, tokens), 'int32'))
    : null;
  const types =
    plan.types > 0
      ? (givenIds(inputs, 'token_type_ids', rows, plan.types) ?? tf.tensor1d(new Int32Array(rows), 'int32'))
      : null;
  return { ids, batch, tokens, mask, positions, types };
}

function positionsOf(padding: number | null, ids: tf.Tensor1D, tokens: number): Int32Array {
  if (padding === null) return Int32Array.from({ length: ids.size }, (_, index) => index % tokens);
  let count = 0;
  return Int32Array.from(ids.dataSync(), (id, index) => {
    if (index % tokens === 0) count = 0;
    return id === padding ? padding : padding + ++count;
  });
}
