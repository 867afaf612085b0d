import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import {
  labelHead,
  type ModelDescription,
  tokenHeads,
  withTaskHead,
} from '../../../../src-shared/domain/models/model.ts';
import { activate } from '../../ops/activation/activate.ts';
import { as2D } from '../../ops/autograd/operation.ts';
import { clsTokens } from '../../ops/indexing/cls-tokens.ts';
import { l2NormalizeRows } from '../../ops/normalization/l2-normalize-rows.ts';
import type { TensorSource } from '../../tensors/safetensors.ts';
import type { BaseModel, HiddenStates, LinearRunner, ModelInputs } from '../base-model.ts';
import { distanceTensors } from '../blocks/distance-attention.ts';
import { applyNorm, loadNorm } from '../blocks/norm.ts';
import { type PostNormBlock, runPostNormBlock } from '../blocks/post-norm-block.ts';
import { meanOfTokens } from '../blocks/text-embedding.ts';
import { FrozenTensors, layerOf } from '../blocks/weights.ts';
import type { LoadOptions } from '../family.ts';
import { namedModules } from '../named-modules.ts';
import { readTextInputs, type TextInputs } from '../text-inputs.ts';
import { checkpointKey, distanceNames, embeddingNames } from './modules.ts';
import { type EncoderPlan, layerName } from './plan.ts';
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
  const tensors = new FrozenTensors(source, options);
  try {
    for (const module of description.linears) if (!module.isMissing) await tensors.loadLinear(module);
    const embed = await loadEmbedding(description, plan, source, tensors);
    const blocks: PostNormBlock[] = [];
    for (let layer = 0; layer < plan.layerCount; layer++)
      blocks.push(await loadBlock(description, plan, source, tensors, layer));
    const module = namedModules(description);
    const head = plan.head.map((part) => ({ module: module(part.name), activation: part.activation }));
    const taskHeads = new Map([...tokenHeads.keys()].map((task) => [task, labelHead(withTaskHead(description, task))]));
    /** The head on every token; null where the outputs are of whole texts. */
    const tokenHead = (runner: LinearRunner) =>
      plan.labelsTokens ? labelHead(description) : (taskHeads.get(runner.headTask ?? '') ?? null);
    const classifies = (runner: LinearRunner) =>
      head.every(({ module: part }) => !part.isMissing || !runner.isPlain(part));
    const layer: BaseModel['layer'] = (index, states, runner) => {
      return runPostNormBlock(
        layerOf(blocks, index),
        states,
        runner,
        index === plan.layerCount - 1 && !tokenHead(runner) && classifies(runner),
      );
    };
    const outputOf = (states: HiddenStates, runner: LinearRunner): tf.Tensor2D => {
      const ofTokens = tokenHead(runner);
      if (ofTokens) return runner.linear(ofTokens, states.hidden);
      if (!classifies(runner)) return l2NormalizeRows(meanOfTokens(states));
      let x = clsTokens(states.hidden, states.tokens);
      let derivative: tf.Tensor2D | undefined;
      for (const { module: part, activation } of head) {
        x = runner.linear(part, x, { derivative });
        if (activation) ({ value: x, derivative } = activate(x, activation, runner.taped));
      }
      return x;
    };
    return {
      description,
      layerCount: plan.layerCount,
      mixesExamples: plan.relative !== null,
      embed,
      layer,
      head: outputOf,
      outputs: (inputs, runner) => {
        let states = embed(inputs, runner);
        for (let index = 0; index < plan.layerCount; index++) states = layer(index, states, runner);
        const { hidden, batch, tokens } = states;
        if (tokenHead(runner)) return { logits: tf.reshape(outputOf(states, runner), [batch, tokens, -1]) };
        if (classifies(runner)) return { logits: outputOf(states, runner) };
        return {
          last_hidden_state: tf.reshape(hidden, [batch, tokens, plan.hiddenSize]),
          embeddings: outputOf(states, runner),
        };
      },
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
  const norm = await loadNorm(tensors, key(embeddingNames.norm), plan.epsilon);
  const distances = await loadDistances(plan, tensors, key);
  return (inputs, runner) => {
    const { ids, batch, tokens, mask, positions, types } = readEncoderInputs(inputs, plan);
    let sum = runner.embedding(words, ids);
    if (places && positions) sum = tf.add(sum, runner.embedding(places, positions));
    if (kinds && types) sum = tf.add(sum, runner.embedding(kinds, types));
    const normalized = applyNorm(norm, sum);
    const hidden =
      plan.clearsPadding && mask ? tf.mul<tf.Tensor2D>(normalized, tf.reshape(mask, [batch * tokens, 1])) : normalized;
    return { hidden, batch, tokens, context: { mask, tensors: distances(tokens) } };
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
    ? (given(inputs, 'position_ids', rows, plan.positions.rows) ??
      tf.tensor1d(positionsOf(plan.positions.padding, ids, tokens), 'int32'))
    : null;
  const types =
    plan.types > 0
      ? (given(inputs, 'token_type_ids', rows, plan.types) ?? tf.tensor1d(new Int32Array(rows), 'int32'))
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

function given(inputs: ModelInputs, name: string, rows: number, limit: number): tf.Tensor1D | null {
  const tensor = inputs[name];
  if (tensor === undefined) return null;
  if (tensor.size !== rows)
    throw new StudioError('invalid_input', `${name} has ${tensor.size} values where input_ids has ${rows}.`);
  for (const value of tensor.dataSync())
    if (!(value >= 0 && value < limit))
      throw new StudioError('invalid_input', `${name} contains ${value}, but the model knows 0 to ${limit - 1}.`);
  return tf.reshape<tf.Rank.R1>(tf.cast(tensor, 'int32'), [rows]);
}
