import * as tf from '@tensorflow/tfjs-core';
import type { LinearModule, ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { scaled } from '../../ops/linear/add-multiple.ts';
import { l2NormalizeRows } from '../../ops/normalization/l2-normalize-rows.ts';
import type { TensorSource } from '../../tensors/safetensors.ts';
import type { BaseModel, HiddenStates, LinearRunner, ModelInputs } from '../base-model.ts';
import { type DecoderLayer, decoderLayer, runDecoderLayer } from '../blocks/decoder-layer.ts';
import { applyDecoderNorm } from '../blocks/decoder-norm.ts';
import { stepThroughLayers } from '../blocks/decoder-step.ts';
import { classifierHead, languageHead } from '../blocks/language-head.ts';
import { type LayerTensors, loadLayerTensors } from '../blocks/layer-tensors.ts';
import { meanOfTokens } from '../blocks/text-embedding.ts';
import { FrozenTensors, layerOf } from '../blocks/weights.ts';
import type { LoadOptions } from '../family.ts';
import { namedModules } from '../named-modules.ts';
import { givenIds, readTextInputs } from '../text-inputs.ts';
import { type DecoderLayout, renamed } from './layout.ts';
import { checkpointKeyOf, decoderNorms, decoderTensors } from './modules.ts';
import type { NormLayout } from './part.ts';
import { rotaryTables } from './rope.ts';

/** Loads a decoder as its layout says. */
export async function loadDecoder(
  description: ModelDescription,
  layout: DecoderLayout,
  source: TensorSource,
  options: LoadOptions,
): Promise<BaseModel> {
  const { body, layers, module, normalized, tensors } = await loadBody(description, layout, source, options);
  const { head, classifier } = layout;
  // An expert's rows are of several examples.
  const mixesExamples = layout.layers.some(({ feedForward }) => feedForward.kind === 'experts');
  if (classifier) {
    const own = classifierHead(body, classifier.kind, module(classifier.linear.name), normalized);
    return { ...body, mixesExamples, ...own };
  }
  if (head === null) return { ...body, mixesExamples, ...embeddingOutputs(body, normalized) };
  return {
    ...body,
    cacheLimit: layout.ropes.find(({ changesAt }) => changesAt !== undefined)?.changesAt,
    mixesExamples,
    step: stepThroughLayers(layers),
    ...languageHead(description, module(head.linear.name), normalized, tensors, head),
  };
}

/** A model without its head. */
interface Body {
  readonly body: Omit<BaseModel, 'head'>;
  readonly layers: readonly DecoderLayer[];
  readonly module: (name: string) => LinearModule;
  readonly normalized: (states: HiddenStates, runner: LinearRunner) => tf.Tensor2D;
  readonly tensors: FrozenTensors;
  readonly loaded: LayerTensors;
}

/**
 * Loads all linears of the description that the file has, and the layout's norms and tensors.
 * @param further norms of a head
 */
export async function loadBody(
  description: ModelDescription,
  layout: DecoderLayout,
  source: TensorSource,
  options: LoadOptions,
  further: readonly NormLayout[] = [],
): Promise<Body> {
  const tensors = new FrozenTensors(source, options);
  try {
    const { embedding, head } = layout;
    const described = namedModules(description);
    const module = (name: string) => described(renamed(layout.moduleNames, name));
    const table = module(embedding.name);
    const tiedHead = head && layout.isTied ? module(head.linear.name) : null;
    for (const one of description.linears) if (!one.isMissing && one !== tiedHead) await tensors.loadLinear(one);
    if (tiedHead) tensors.share(tiedHead, table);
    const contents = { norms: [...decoderNorms(layout), ...further], tensors: decoderTensors(layout) };
    const loaded = await loadLayerTensors(contents, tensors, module, checkpointKeyOf(layout, source));
    const layers = layout.layers.map((layer, index) => decoderLayer(layer, index, loaded));
    const last = layout.finalNorm && loaded.norm(layout.finalNorm);
    const projectionOut = layout.finalProjection && module(layout.finalProjection.name);
    const normalized = ({ hidden }: HiddenStates, runner: LinearRunner) => {
      const states = last ? applyDecoderNorm(last, hidden) : hidden;
      return projectionOut ? runner.linear(projectionOut, states) : states;
    };
    const projectionIn = embedding.projection && module(embedding.projection.name);
    const places = embedding.positions && module(embedding.positions.name);
    const types = embedding.types && module(embedding.types.name);
    const embeddingNorm = embedding.norm && loaded.norm(embedding.norm);
    /** Adds the learned positions and the token types and normalizes, if the layout says so. */
    const finished = (
      rows: tf.Tensor2D,
      positions: Int32Array,
      inputs: ModelInputs,
      runner: LinearRunner,
    ): tf.Tensor2D => {
      const count = rows.shape[0];
      const ids = places && Int32Array.from({ length: count }, (_, row) => offsetPosition(layout, positions, row));
      let sum = rows;
      if (places && ids) sum = tf.add(sum, runner.embedding(places, tf.tensor1d(ids, 'int32')));
      if (types) {
        const own = givenIds(inputs, 'token_type_ids', count, embedding.types?.rows ?? 0);
        sum = tf.add(sum, runner.embedding(types, own ?? tf.tensor1d(new Int32Array(count), 'int32')));
      }
      return embeddingNorm ? applyDecoderNorm(embeddingNorm, sum) : sum;
    };
    const embed: BaseModel['embed'] = (inputs, runner, cache) => {
      const { ids, batch, tokens, mask, lastTokens, segments, positions } = readTextInputs(
        inputs,
        limitsOf(layout),
        cache?.length,
      );
      const rotaries = rotaryTables(layout.ropes, positions);
      const ownScale = embedding.isScaledTable ? embedding.scale : 1;
      const words = scaled(runner.embedding(table, ids, ownScale), embedding.scale);
      const embedded = projectionIn ? runner.linear(projectionIn, words) : words;
      const hidden = finished(embedded, positions, inputs, runner);
      return { hidden, batch, tokens, context: { rotaries, mask, lastTokens, segments, cache } };
    };
    const layer: BaseModel['layer'] = (index, states, runner) =>
      runDecoderLayer(layerOf(layers, index), states, runner);
    const body = { description, layerCount: layers.length, embed, layer, ...tensors.access() };
    return { body, layers, module, normalized, tensors, loaded };
  } catch (error) {
    tensors.dispose();
    throw error;
  }
}

/** Outputs of a model without a head: its last states, and the mean of each text's, normalized. */
function embeddingOutputs(
  body: Pick<BaseModel, 'embed' | 'layer' | 'layerCount'>,
  normalized: (states: HiddenStates, runner: LinearRunner) => tf.Tensor2D,
): Required<Pick<BaseModel, 'head' | 'finalStates' | 'outputs'>> {
  const head = (states: HiddenStates, runner: LinearRunner) =>
    l2NormalizeRows(meanOfTokens({ ...states, hidden: normalized(states, runner) }));
  return {
    finalStates: normalized,
    head,
    outputs: (inputs, runner) => {
      let states = body.embed(inputs, runner);
      for (let index = 0; index < body.layerCount; index++) states = body.layer(index, states, runner);
      const { batch, tokens } = states;
      return {
        last_hidden_state: tf.reshape(normalized(states, runner), [batch, tokens, -1]),
        embeddings: head(states, runner),
      };
    },
  };
}

/** Row in the table of learned positions of row `row` of the batch. */
function offsetPosition({ embedding }: DecoderLayout, positions: Int32Array, row: number): number {
  return (positions[row % positions.length] ?? 0) + (embedding.positions?.offset ?? 0);
}

/** Rotated positions may exceed the trained length, as in transformers; learned ones may not. */
function limitsOf({ vocabularySize, maxPositions, embedding }: DecoderLayout): {
  vocabularySize: number;
  maxPositions: number;
} {
  return { vocabularySize, maxPositions: embedding.positions ? maxPositions : Number.POSITIVE_INFINITY };
}
