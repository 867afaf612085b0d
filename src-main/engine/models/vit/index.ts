import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { type BiasVector, type LinearModule, plainLinear } from '../../../../src-shared/domain/models/model.ts';
import type { TensorSource } from '../../tensors/safetensors.ts';
import { TensorChecks } from '../check-tensors.ts';
import type { FamilyDescription, ModelConfigFile, ModelFamily } from '../family.ts';
import { parseVitConfig, type VitConfig } from './config.ts';
import { vitMemory } from './memory.ts';

/** Vision transformer for image classification (Dosovitskiy et al. 2021), with the checkpoints of `ViTForImageClassification`. */
export const vitFamily: ModelFamily = {
  modelType: 'vit',
  declaration: {
    id: 'vit',
    label: 'Vision Transformer',
    summary: 'Image classifier that reads an image as a row of patches.',
    paper: { title: 'An Image is Worth 16x16 Words', url: 'https://arxiv.org/abs/2010.11929' },
    parameters: [],
  },
  describe: describeVit,
  memory: (config) => vitMemory(parseVitConfig(config)),
  load: async (description, config, weights, options) => {
    const { loadVit } = await import('./load.ts');
    return loadVit(description, parseVitConfig(config), weights, options);
  },
};

function describeVit(file: ModelConfigFile, weights: TensorSource): FamilyDescription {
  const config = parseVitConfig(file);
  if (!weights.has('classifier.weight'))
    throw new StudioError(
      'invalid_file',
      `${weights.path} lacks the tensor "classifier.weight": it is a ViT without an image classifier.`,
      'Choose a checkpoint of ViTForImageClassification.',
    );
  const labelCount = config.labels?.length ?? weights.info('classifier.weight').shape[0] ?? 0;
  checkShapes(config, labelCount, weights);
  return {
    architecture: config.architecture,
    kind: 'image-classification',
    layerCount: config.layerCount,
    hiddenSize: config.hiddenSize,
    labels: [...(config.labels ?? Array.from({ length: labelCount }, (_, id) => `LABEL_${id}`))],
    image: { ...config.image },
    text: null,
    linears: linearsOf(config, labelCount),
    biases: biasesOf(config),
  };
}

/** Name of a linear within its layer in transformers 5, its name in transformers 4 and checkpoints, and its sizes. */
interface LinearOfLayer {
  readonly today: string;
  readonly stored: string;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly hasBias: boolean;
}

function linearsOf(config: VitConfig, labelCount: number): LinearModule[] {
  const { hiddenSize: hidden, intermediateSize: inner, qkvBias } = config;
  const square = { inFeatures: hidden, outFeatures: hidden };
  const perLayer: LinearOfLayer[] = [
    { today: 'attention.q_proj', stored: 'attention.attention.query', ...square, hasBias: qkvBias },
    { today: 'attention.k_proj', stored: 'attention.attention.key', ...square, hasBias: qkvBias },
    { today: 'attention.v_proj', stored: 'attention.attention.value', ...square, hasBias: qkvBias },
    { today: 'attention.o_proj', stored: 'attention.output.dense', ...square, hasBias: true },
    { today: 'mlp.fc1', stored: 'intermediate.dense', inFeatures: hidden, outFeatures: inner, hasBias: true },
    { today: 'mlp.fc2', stored: 'output.dense', inFeatures: inner, outFeatures: hidden, hasBias: true },
  ];
  const linears: LinearModule[] = [];
  for (let layer = 0; layer < config.layerCount; layer++)
    for (const { today, stored, ...sizes } of perLayer) {
      const key = `vit.encoder.layer.${layer}.${stored}`;
      const name = `vit.layers.${layer}.${today}`;
      linears.push({ name, aliases: [key], checkpointKey: key, layer, isHead: false, ...plainLinear, ...sizes });
    }
  linears.push({
    name: 'classifier',
    aliases: [],
    checkpointKey: 'classifier',
    layer: null,
    inFeatures: hidden,
    outFeatures: labelCount,
    hasBias: true,
    isHead: true,
    ...plainLinear,
  });
  return linears;
}

/** Biases of the patches and of the normalizations. */
function biasesOf({ hiddenSize: size, layerCount }: VitConfig): BiasVector[] {
  const unchanged = ['vit.embeddings.patch_embeddings.projection.bias', 'vit.layernorm.bias'];
  const biases: BiasVector[] = unchanged.map((name) => ({ name, aliases: [], checkpointKey: name, size }));
  for (let layer = 0; layer < layerCount; layer++)
    for (const norm of ['layernorm_before', 'layernorm_after']) {
      const key = `vit.encoder.layer.${layer}.${norm}.bias`;
      biases.push({ name: `vit.layers.${layer}.${norm}.bias`, aliases: [key], checkpointKey: key, size });
    }
  return biases;
}

/** Every tensor that the forward pass reads, with the shape that the config implies. */
function checkShapes(config: VitConfig, labelCount: number, weights: TensorSource): void {
  const { hiddenSize: hidden, image, patch } = config;
  const checks = new TensorChecks(weights);
  checks.expect('vit.embeddings.cls_token', [1, 1, hidden]);
  checks.expect('vit.embeddings.position_embeddings', [1, config.tokens, hidden]);
  checks.expect('vit.embeddings.patch_embeddings.projection.weight', [
    hidden,
    image.channels,
    patch.height,
    patch.width,
  ]);
  checks.expect('vit.embeddings.patch_embeddings.projection.bias', [hidden]);
  for (const linear of linearsOf(config, labelCount)) checks.expectModule(linear);
  checks.expectNorm('vit.layernorm', hidden);
  for (let layer = 0; layer < config.layerCount; layer++) {
    checks.expectNorm(`vit.encoder.layer.${layer}.layernorm_before`, hidden);
    checks.expectNorm(`vit.encoder.layer.${layer}.layernorm_after`, hidden);
  }
}
