import type { LinearModule, ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { rmsNorm } from '../../ops/normalization/rms-norm.ts';
import type { TensorSource } from '../../tensors/safetensors.ts';
import type { BaseModel, HiddenStates } from '../base-model.ts';
import { type DecoderBlock, type RmsNorm, runDecoderBlock } from '../blocks/decoder-block.ts';
import { stepThroughBlocks } from '../blocks/decoder-step.ts';
import { languageHead } from '../blocks/language-head.ts';
import { FrozenTensors, layerOf } from '../blocks/weights.ts';
import type { LoadOptions } from '../family.ts';
import { namedModules } from '../named-modules.ts';
import { readTextInputs } from '../text-inputs.ts';
import type { DecoderConfig } from './config.ts';
import { decoderLinearName, embeddingName, headName } from './modules.ts';
import { rotaryTable } from './rope.ts';

/** Loads a causal language model with the architecture of Llama. */
export async function loadDecoder(
  description: ModelDescription,
  config: DecoderConfig,
  source: TensorSource,
  options: LoadOptions,
): Promise<BaseModel> {
  const tensors = new FrozenTensors(source, options);
  try {
    const module = namedModules(description);
    const [embedding, head] = [module(embeddingName), module(headName)];
    for (const one of description.linears) if (one !== head || !config.isTied) await tensors.loadLinear(one);
    if (config.isTied) tensors.share(head, embedding);
    const norm = async (name: string): Promise<RmsNorm> => ({
      scale: await tensors.loadVector(`${name}.weight`),
      epsilon: config.epsilon,
    });
    const blocks: DecoderBlock[] = [];
    for (let layer = 0; layer < config.layerCount; layer++)
      blocks.push(await loadBlock(config, layer, (role) => module(decoderLinearName(layer, role)), norm));
    const last = await norm('model.norm');
    const normalized = ({ hidden }: HiddenStates) => rmsNorm(hidden, last.scale, last.epsilon);
    return {
      description,
      layerCount: config.layerCount,
      embed: (inputs, runner, cache) => {
        const { ids, batch, tokens, mask, lastTokens, segments, positions } = readTextInputs(
          inputs,
          limitsOf(config),
          cache?.length,
        );
        const highest = positions.reduce((most, position) => Math.max(most, position), 0);
        const rotary = rotaryTable(positions, config.rope.frequencies(highest), config.rope.scale);
        const hidden = runner.embedding(embedding, ids);
        return { hidden, batch, tokens, context: { rotary, mask, lastTokens, segments, cache } };
      },
      layer: (index, states, runner) => runDecoderBlock(layerOf(blocks, index), states, runner),
      step: (states, runner) => stepThroughBlocks(blocks, states, runner),
      ...languageHead(description, head, normalized, tensors),
      ...tensors.access(),
    };
  } catch (error) {
    tensors.dispose();
    throw error;
  }
}

async function loadBlock(
  config: DecoderConfig,
  layer: number,
  module: (role: Parameters<typeof decoderLinearName>[1]) => LinearModule,
  norm: (name: string) => Promise<RmsNorm>,
): Promise<DecoderBlock> {
  const key = `model.layers.${layer}`;
  return {
    layer,
    heads: config.heads,
    keyValueHeads: config.keyValueHeads,
    window: config.windows[layer] ?? 0,
    before: await norm(`${key}.input_layernorm`),
    after: await norm(`${key}.post_attention_layernorm`),
    queryNorm: config.hasHeadNorms ? await norm(`${key}.self_attn.q_norm`) : null,
    keyNorm: config.hasHeadNorms ? await norm(`${key}.self_attn.k_norm`) : null,
    q: module('q'),
    k: module('k'),
    v: module('v'),
    o: module('o'),
    gate: module('gate'),
    up: module('up'),
    down: module('down'),
  };
}

/** Positions may exceed the trained length, as in transformers. */
function limitsOf(config: DecoderConfig): { vocabularySize: number; maxPositions: number } {
  return { vocabularySize: config.vocabularySize, maxPositions: Number.POSITIVE_INFINITY };
}
