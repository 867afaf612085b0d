import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { LinearModule, ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { as2D } from '../../ops/autograd/operation.ts';
import { clsTokens } from '../../ops/indexing/cls-tokens.ts';
import type { TensorSource } from '../../tensors/safetensors.ts';
import type { BaseModel } from '../base-model.ts';
import { applyNorm, loadNorm } from '../blocks/norm.ts';
import { embedPatches, type PatchEmbedding } from '../blocks/patch-embedding.ts';
import { type PreNormBlock, runPreNormBlock } from '../blocks/pre-norm-block.ts';
import { FrozenTensors, layerOf } from '../blocks/weights.ts';
import type { LoadOptions } from '../family.ts';
import type { VitConfig } from './config.ts';

/** Loads `ViTForImageClassification` (no pooler: the classifier reads the class token after the last normalization). */
export async function loadVit(
  description: ModelDescription,
  config: VitConfig,
  source: TensorSource,
  options: LoadOptions,
): Promise<BaseModel> {
  const tensors = new FrozenTensors(source, options);
  try {
    const byName = new Map(description.linears.map((module) => [module.name, module]));
    for (const module of description.linears) await tensors.loadLinear(module);
    const embedding = await loadEmbedding(tensors, config);
    const blocks: PreNormBlock[] = [];
    for (let layer = 0; layer < config.layerCount; layer++)
      blocks.push(await loadBlock(tensors, config, byName, layer));
    const finalNorm = await loadNorm(tensors, 'vit.layernorm', config.epsilon);
    const classifier = named(byName, 'classifier');
    return {
      description,
      layerCount: config.layerCount,
      embed: (inputs) => {
        const pixels = inputs['pixel_values'];
        if (pixels === undefined) throw new StudioError('invalid_input', 'The inputs lack the tensor "pixel_values".');
        return embedPatches(embedding, pixels);
      },
      layer: (index, states, runner) =>
        runPreNormBlock(layerOf(blocks, index), states, runner, index === config.layerCount - 1),
      head: (states, runner) =>
        runner.linear(classifier, applyNorm(finalNorm, clsTokens(states.hidden, states.tokens))),
      ...tensors.access(),
    };
  } catch (error) {
    tensors.dispose();
    throw error;
  }
}

async function loadEmbedding(tensors: FrozenTensors, config: VitConfig): Promise<PatchEmbedding> {
  const { hiddenSize: hidden, image, patch } = config;
  const area = image.channels * patch.height * patch.width;
  const key = 'vit.embeddings';
  const filters = await tensors.load(`${key}.patch_embeddings.projection.weight`, [hidden, area]);
  const bias = await tensors.loadBias(`${key}.patch_embeddings.projection.bias`);
  const classToken = await tensors.load(`${key}.cls_token`);
  const positions = await tensors.load(`${key}.position_embeddings`);
  return {
    image,
    patch,
    projection: as2D(filters),
    bias,
    classToken,
    positions,
  };
}

async function loadBlock(
  tensors: FrozenTensors,
  config: VitConfig,
  byName: ReadonlyMap<string, LinearModule>,
  layer: number,
): Promise<PreNormBlock> {
  const linear = (name: string) => named(byName, `vit.layers.${layer}.${name}`);
  const key = `vit.encoder.layer.${layer}`;
  return {
    heads: config.heads,
    activation: 'gelu',
    causal: false,
    before: await loadNorm(tensors, `${key}.layernorm_before`, config.epsilon),
    after: await loadNorm(tensors, `${key}.layernorm_after`, config.epsilon),
    q: linear('attention.q_proj'),
    k: linear('attention.k_proj'),
    v: linear('attention.v_proj'),
    o: linear('attention.o_proj'),
    fc1: linear('mlp.fc1'),
    fc2: linear('mlp.fc2'),
  };
}

function named(byName: ReadonlyMap<string, LinearModule>, name: string): LinearModule {
  const module = byName.get(name);
  if (module === undefined) throw new Error(`the description lacks the linear ${name}`);
  return module;
}
