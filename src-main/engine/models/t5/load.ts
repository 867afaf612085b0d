import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { as2D } from '../../ops/autograd/operation.ts';
import { joinColumns, sliceColumns } from '../../ops/indexing/slice-columns.ts';
import type { TensorSource } from '../../tensors/safetensors.ts';
import type { BaseModel, HiddenStates, LinearRunner, ModelInputs } from '../base-model.ts';
import { languageHead } from '../blocks/language-head.ts';
import { relativeBias } from '../blocks/relative-bias.ts';
import { FrozenTensors, layerOf } from '../blocks/weights.ts';
import type { LoadOptions } from '../family.ts';
import type { KeyValueCache } from '../key-value-cache.ts';
import { namedModules } from '../named-modules.ts';
import { readTextInputs } from '../text-inputs.ts';
import { applyT5Norm, runT5Block, type T5Attention, type T5Block, type T5Norm } from './block.ts';
import type { T5Config } from './config.ts';
import {
  biasTable,
  blockCount,
  blockNames,
  embeddingName,
  furtherTables,
  headName,
  isOfDecoder,
  isTied,
  type Stack,
  stacks,
} from './modules.ts';

/** Biases of a batch for the layers of each stack, in the context. */
const biasOf = { encoder: 'encoder bias', decoder: 'decoder bias' } as const satisfies Record<Stack, string>;

/** Relative positions: a text may be of any length that fits into memory. */
const noLimit = Number.POSITIVE_INFINITY;
/** Values of the largest matrix of scores: 2 GB. */
const mostScores = 2 ** 29;

/**
 * Loads `T5ForConditionalGeneration`: `input_ids` and `attention_mask` [batch, tokens] are the encoder's, `decoder_input_ids` [batch,
 * tokens] the decoder's, the outputs the decoder's logits. With a cache, the first call has both, later ones the decoder's new
 * tokens and the encoder's mask.
 *
 * Both stacks form one chain, so that adapters on either are trained and switched by CoTo: first all layers of the encoder, then
 * all of the decoder. The states of an example are those of the encoder's tokens, followed by those of the decoder's.
 */
export async function loadT5(
  description: ModelDescription,
  config: T5Config,
  source: TensorSource,
  options: LoadOptions,
): Promise<BaseModel> {
  const tensors = new FrozenTensors(source, options);
  try {
    const module = namedModules(description);
    const [words, decoderWords] = [module(embeddingName('encoder')), module(embeddingName('decoder'))];
    const head = module(headName);
    const hasOwnHead = !isTied(source);
    await refuseOtherTables(source, `${words.checkpointKey}.weight`);
    for (const one of description.linears)
      if (one !== decoderWords && (one !== head || hasOwnHead)) await tensors.loadLinear(one);
    tensors.share(decoderWords, words);
    if (!hasOwnHead) tensors.share(head, words);
    const norm = async (name: string): Promise<T5Norm> => ({
      scale: await tensors.loadVector(`${name}.weight`),
      epsilon: config.epsilon,
    });
    const blocks: T5Block[] = [];
    for (const stack of stacks)
      for (let index = 0; index < blockCount(config, stack); index++)
        blocks.push(await loadBlock(config, stack, index, module, norm));
    const lastNorms = {
      encoder: await norm('encoder.final_layer_norm'),
      decoder: await norm('decoder.final_layer_norm'),
    };
    const tables = {
      encoder: as2D(await tensors.load(biasTable('encoder'))),
      decoder: as2D(await tensors.load(biasTable('decoder'))),
    };
    const bias = (stack: Stack, queries: number, tokens: number) => {
      refuseTooLong(config.heads * queries * tokens, tokens);
      return relativeBias(tables[stack], { ...config, isBidirectional: stack === 'encoder' }, { queries, tokens });
    };

    const layerCount = blocks.length;
    const limits = { vocabularySize: config.vocabularySize, maxPositions: noLimit };
    const embed = (inputs: ModelInputs, runner: LinearRunner, cache?: KeyValueCache): HiddenStates => {
      const past = cache?.length ?? 0;
      const given = inputs['decoder_input_ids'];
      if (given === undefined)
        throw new StudioError('invalid_input', 'The inputs lack the tensor "decoder_input_ids".');
      const own = readTextInputs({ input_ids: given }, limits);
      const decoder = runner.embedding(decoderWords, own.ids);
      const { batch, tokens: queries } = own;
      const ofDecoder = { [biasOf.decoder]: bias('decoder', queries, past + queries) };
      if (past > 0) {
        const mask = inputs['attention_mask'];
        return {
          ...{ hidden: decoder, batch, tokens: queries },
          context: { mask: mask && tf.cast(as2D(mask), 'float32'), cache, tensors: ofDecoder },
        };
      }
      const { ids, tokens, mask } = readTextInputs(inputs, limits);
      const encoder = runner.embedding(words, ids);
      return {
        hidden: joinTokens(encoder, decoder, batch),
        ...{ batch, tokens: tokens + queries },
        context: { mask, cache, tensors: { [biasOf.encoder]: bias('encoder', tokens, tokens), ...ofDecoder } },
      };
    };

    const encoderLayer = (index: number, states: HiddenStates, runner: LinearRunner): HiddenStates => {
      const { encoder, decoder, tokens } = split(states);
      if (encoder === null) return states;
      const { batch, context } = states;
      const rows = { hidden: encoder, batch, tokens, bias: readBias(states, 'encoder'), encoded: null };
      const next = runT5Block(layerOf(blocks, index), { ...rows, mask: context?.mask, cache: undefined }, runner);
      const isLast = index === config.encoderLayers - 1;
      return { ...states, hidden: joinTokens(isLast ? applyT5Norm(lastNorms.encoder, next) : next, decoder, batch) };
    };
    const decoderLayer = (index: number, states: HiddenStates, runner: LinearRunner): HiddenStates => {
      const { encoder, decoder, queries } = split(states);
      const { batch, context } = states;
      const rows = { hidden: decoder, batch, tokens: queries, bias: readBias(states, 'decoder'), encoded: encoder };
      const next = runT5Block(layerOf(blocks, index), { ...rows, mask: context?.mask, cache: context?.cache }, runner);
      // Nothing attends to the encoder behind the last layer.
      if (encoder === null || index === layerCount - 1) return { ...states, hidden: next, tokens: queries };
      return { ...states, hidden: joinTokens(encoder, next, batch) };
    };
    const layer: BaseModel['layer'] = (index, states, runner) =>
      index < config.encoderLayers ? encoderLayer(index, states, runner) : decoderLayer(index, states, runner);
    const normalized = ({ hidden }: HiddenStates) => {
      const states = applyT5Norm(lastNorms.decoder, hidden);
      return config.outputScale === 1 ? states : tf.mul<tf.Tensor2D>(states, config.outputScale);
    };
    const language = languageHead(description, head, normalized, tensors);
    return {
      description,
      layerCount,
      isOfDecoder: ({ name }) => isOfDecoder(name),
      embed,
      layer,
      ...language,
      outputs: (inputs, runner) => {
        let states = embed(inputs, runner);
        for (let index = 0; index < layerCount; index++) states = layer(index, states, runner);
        return { logits: tf.reshape(language.head(states, runner), [states.batch, states.tokens, -1]) };
      },
      ...tensors.access(),
    };
  } catch (error) {
    tensors.dispose();
    throw error;
  }
}

async function loadBlock(
  config: T5Config,
  stack: Stack,
  index: number,
  module: ReturnType<typeof namedModules>,
  norm: (name: string) => Promise<T5Norm>,
): Promise<T5Block> {
  const names = blockNames(stack, index);
  const attention = async (part: { readonly norm: string; readonly attention: string }): Promise<T5Attention> => ({
    norm: await norm(part.norm),
    q: module(`${part.attention}.q`),
    k: module(`${part.attention}.k`),
    v: module(`${part.attention}.v`),
    o: module(`${part.attention}.o`),
  });
  const { dense } = names.feedForward;
  return {
    index,
    heads: config.heads,
    self: await attention(names.self),
    cross: names.cross === null ? null : await attention(names.cross),
    feedForward: {
      norm: await norm(names.feedForward.norm),
      gate: config.isGated ? module(`${dense}.wi_0`) : null,
      up: module(config.isGated ? `${dense}.wi_1` : `${dense}.wi`),
      down: module(`${dense}.wo`),
      activation: config.activation,
    },
  };
}

/** @throws StudioError refused where a stack has other tokens than the shared table, which both stacks are computed with. */
async function refuseOtherTables(source: TensorSource, shared: string): Promise<void> {
  const further = furtherTables(source);
  if (further.length === 0) return;
  const { data } = await source.read(shared);
  for (const name of further) {
    // Stored in another way, as where one of them is quantized, equal tables differ.
    if (source.info(`${name}.weight`).dtype !== source.info(shared).dtype) continue;
    const own = await source.read(`${name}.weight`);
    if (own.data.length === data.length && own.data.every((value, at) => value === data[at])) continue;
    throw new StudioError(
      'refused',
      `${source.path}: tensor "${name}.weight" differs from "${shared}", but only one table of tokens for both stacks is supported.`,
      'The studio does not support this variant of the model.',
    );
  }
}

/** @throws StudioError invalid_input for a text whose scores of attention leave no room for anything else */
function refuseTooLong(scores: number, tokens: number): void {
  if (scores <= mostScores) return;
  throw new StudioError(
    'invalid_input',
    `A text has ${tokens} tokens, whose attention would take ${Math.ceil((4 * scores) / 2 ** 30)} GiB in each layer.`,
    'Shorten the text, or cut it off with a lower max_length.',
  );
}

function readBias({ context }: HiddenStates, stack: Stack): tf.Tensor3D {
  const found = context?.tensors?.[biasOf[stack]];
  if (found === undefined) throw new Error(`the states lack the biases of the ${stack}`);
  return tf.reshape(found, found.shape as [number, number, number]);
}

/** The states of each stack's tokens; `encoder` is null where the cache has what the decoder needs of them. */
function split(states: HiddenStates): {
  readonly encoder: tf.Tensor2D | null;
  readonly decoder: tf.Tensor2D;
  readonly tokens: number;
  readonly queries: number;
} {
  const { hidden, batch, context } = states;
  const [, queries = 0] = context?.tensors?.[biasOf.decoder]?.shape ?? [];
  const tokens = states.tokens - queries;
  if (tokens === 0) return { encoder: null, decoder: hidden, tokens, queries };
  const width = hidden.shape[1];
  const examples = tf.reshape<tf.Rank.R2>(hidden, [batch, states.tokens * width]);
  const part = (start: number, count: number) =>
    tf.reshape<tf.Rank.R2>(sliceColumns(examples, start * width, count * width), [batch * count, width]);
  return { encoder: part(0, tokens), decoder: part(tokens, queries), tokens, queries };
}

/** The inverse of `split`: [batch · (tokens + queries), width]. */
function joinTokens(encoder: tf.Tensor2D, decoder: tf.Tensor2D, batch: number): tf.Tensor2D {
  const width = encoder.shape[1];
  const byExample = (x: tf.Tensor2D) => tf.reshape<tf.Rank.R2>(x, [batch, x.size / batch]);
  return tf.reshape(joinColumns(byExample(encoder), byExample(decoder)), [-1, width]);
}
