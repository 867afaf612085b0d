import * as tf from '@tensorflow/tfjs-core';
import type { ModelDescription } from '../../../../src-shared/domain/model.ts';
import { activate } from '../../ops/activation/activate.ts';
import { l2NormalizeRows } from '../../ops/normalization/l2-normalize-rows.ts';
import type { TensorSource } from '../../tensors/safetensors.ts';
import type { BaseModel, HiddenStates, LinearRunner } from '../base-model.ts';
import { type FusedBlock, runFusedBlock } from '../blocks/fused-block.ts';
import { loadNorm } from '../blocks/norm.ts';
import { meanOfTokens } from '../blocks/text-embedding.ts';
import { FrozenTensors, layerOf } from '../blocks/weights.ts';
import type { LoadOptions } from '../family.ts';
import { namedModules } from '../named-modules.ts';
import { readTextInputs } from '../text-inputs.ts';
import type { UseLiteConfig } from './config.ts';
import { inputWidth, useLiteLayer, useLiteLayerName, useLiteNames } from './modules.ts';

/**
 * Loads a converted Universal Sentence Encoder Lite: twice the embedding and a sinusoid of the positions, layers that
 * normalize first, the mean over the tokens, and a projection with tanh. The outputs are its embeddings, of length 1, or
 * with an adapter's classifier the logits.
 */
export async function loadUseLite(
  description: ModelDescription,
  config: UseLiteConfig,
  source: TensorSource,
  options: LoadOptions,
): Promise<BaseModel> {
  const tensors = new FrozenTensors(source, options);
  try {
    for (const module of description.linears) if (!module.isMissing) await tensors.loadLinear(module);
    const module = namedModules(description);
    const [words, projection, classifier] = [
      module(useLiteNames.words),
      module(useLiteNames.projection),
      module(useLiteNames.classifier),
    ];
    const blocks: FusedBlock[] = [];
    for (let layer = 0; layer < config.layerCount; layer++) {
      const part = (name: keyof typeof useLiteLayer) => `${useLiteLayerName(layer)}.${useLiteLayer[name]}`;
      blocks.push({
        layer,
        heads: config.heads,
        activation: 'relu',
        causal: false,
        before: await loadNorm(tensors, part('attentionNorm'), config.epsilon),
        after: await loadNorm(tensors, part('mlpNorm'), config.epsilon),
        qkv: module(part('qkv')),
        o: module(part('o')),
        residual: inputWidth(config, layer) === config.hiddenSize ? null : module(part('residual')),
        fc1: module(part('fc1')),
        fc2: module(part('fc2')),
      });
    }
    const embed: BaseModel['embed'] = (inputs, runner) => {
      const { ids, batch, tokens, mask } = readTextInputs(inputs, config);
      const doubled = tf.mul(runner.embedding(words, ids), 2);
      const places = sinusoidOf(tokens, config.embeddingSize);
      const hidden = tf.add<tf.Tensor2D>(doubled, tf.tile(places, [batch, 1]));
      return { hidden, batch, tokens, context: { mask } };
    };
    const layer: BaseModel['layer'] = (index, states, runner) => {
      return runFusedBlock(layerOf(blocks, index), states, runner);
    };
    const head = (states: HiddenStates, runner: LinearRunner): tf.Tensor2D => {
      const { value, derivative } = activate(runner.linear(projection, meanOfTokens(states)), 'tanh', runner.taped);
      return runner.isPlain(classifier) ? l2NormalizeRows(value) : runner.linear(classifier, value, { derivative });
    };
    return {
      description,
      layerCount: config.layerCount,
      embed,
      layer,
      head,
      outputs: (inputs, runner) => {
        let states = embed(inputs, runner);
        for (let index = 0; index < config.layerCount; index++) states = layer(index, states, runner);
        return { [runner.isPlain(classifier) ? 'embeddings' : 'logits']: head(states, runner) };
      },
      ...tensors.access(),
    };
  } catch (error) {
    tensors.dispose();
    throw error;
  }
}

/** Sines, then cosines of each position at wavelengths from 2π to 20 000π: [positions, width]. */
function sinusoidOf(positions: number, width: number): tf.Tensor2D {
  const half = width / 2;
  const values = new Float32Array(positions * width);
  for (let position = 0; position < positions; position++)
    for (let index = 0; index < half; index++) {
      const angle = Math.fround(position * Math.fround(10_000 ** (-index / Math.max(1, half - 1))));
      values[position * width + index] = Math.sin(angle);
      values[position * width + half + index] = Math.cos(angle);
    }
  return tf.tensor2d(values, [positions, width]);
}
