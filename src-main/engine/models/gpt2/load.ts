import * as tf from '@tensorflow/tfjs-core';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import type { TensorSource } from '../../tensors/safetensors.ts';
import type { BaseModel, HiddenStates } from '../base-model.ts';
import { type FusedBlock, runFusedBlock } from '../blocks/fused-block.ts';
import { classifierHead, languageHead } from '../blocks/language-head.ts';
import { applyNorm, loadNorm } from '../blocks/norm.ts';
import { FrozenTensors, layerOf } from '../blocks/weights.ts';
import type { LoadOptions } from '../family.ts';
import { namedModules } from '../named-modules.ts';
import { readTextInputs } from '../text-inputs.ts';
import type { Gpt2Config } from './config.ts';
import { checkpointPrefix, headName, positionTable, tokenTable } from './modules.ts';

/** Loads `GPT2LMHeadModel`. */
export async function loadGpt2(
  description: ModelDescription,
  config: Gpt2Config,
  source: TensorSource,
  options: LoadOptions,
): Promise<BaseModel> {
  const tensors = new FrozenTensors(source, options);
  try {
    const module = namedModules(description);
    const { classifier } = config;
    const [words, places, head] = [
      module(tokenTable),
      module(positionTable),
      module(classifier?.linear.name ?? headName),
    ];
    const isShared = config.isTied && classifier === null;
    for (const one of description.linears) if (one !== head || !isShared) await tensors.loadLinear(one);
    if (isShared) tensors.share(head, words);
    const prefix = checkpointPrefix(source);
    const blocks: FusedBlock[] = [];
    for (let layer = 0; layer < config.layerCount; layer++) {
      const [name, key] = [`transformer.h.${layer}`, `${prefix}h.${layer}`];
      blocks.push({
        layer,
        heads: config.heads,
        activation: config.activation,
        causal: true,
        before: await loadNorm(tensors, `${key}.ln_1`, config.epsilon),
        after: await loadNorm(tensors, `${key}.ln_2`, config.epsilon),
        qkv: module(`${name}.attn.c_attn`),
        o: module(`${name}.attn.c_proj`),
        fc1: module(`${name}.mlp.c_fc`),
        fc2: module(`${name}.mlp.c_proj`),
      });
    }
    const last = await loadNorm(tensors, `${prefix}ln_f`, config.epsilon);
    const normalized = ({ hidden }: HiddenStates) => applyNorm(last, hidden);
    const body: Omit<BaseModel, 'head'> = {
      description,
      layerCount: config.layerCount,
      embed: (inputs, runner, cache) => {
        const { ids, batch, tokens, mask, lastTokens, segments, positions } = readTextInputs(
          inputs,
          config,
          cache?.length,
        );
        const repeats = (batch * tokens) / positions.length;
        const placed = runner.embedding(places, tf.tensor1d(positions, 'int32'));
        const hidden = tf.add<tf.Tensor2D>(runner.embedding(words, ids), tf.tile(placed, [repeats, 1]));
        return { hidden, batch, tokens, context: { mask, lastTokens, segments, cache } };
      },
      layer: (index, states, runner) => runFusedBlock(layerOf(blocks, index), states, runner),
      ...tensors.access(),
    };
    return classifier
      ? { ...body, ...classifierHead(body, classifier.kind, head, normalized) }
      : { ...body, ...languageHead(description, head, normalized, tensors) };
  } catch (error) {
    tensors.dispose();
    throw error;
  }
}
