import { type BiasVector, type LinearModule, plainLinear } from '../../../../src-shared/domain/model.ts';
import type { UseLiteConfig } from './config.ts';

export const useLiteNames = {
  words: 'embeddings.word_embeddings',
  projection: 'projection',
  classifier: 'classifier',
} as const;

/** Names of a layer's parts within it; the first layer alone has a residual of its own, where its widths differ. */
export const useLiteLayer = {
  qkv: 'attention.qkv',
  o: 'attention.out',
  residual: 'attention.residual',
  fc1: 'mlp.fc1',
  fc2: 'mlp.fc2',
  attentionNorm: 'attention_norm',
  mlpNorm: 'mlp_norm',
} as const;

export function useLiteLayerName(layer: number): string {
  return `encoder.layers.${layer}`;
}

/** Width of what goes into a layer. */
export function inputWidth(config: UseLiteConfig, layer: number): number {
  return layer === 0 ? config.embeddingSize : config.hiddenSize;
}

/** All that can carry an adapter, and the classifier, which the checkpoint lacks. */
export function useLiteModules(config: UseLiteConfig): LinearModule[] {
  const { hiddenSize: hidden, innerSize: inner } = config;
  const linear = (name: string, layer: number | null, inFeatures: number, outFeatures: number): LinearModule => ({
    ...plainLinear,
    name,
    aliases: [],
    checkpointKey: name,
    layer,
    inFeatures,
    outFeatures,
    hasBias: true,
    isHead: false,
  });
  const modules: LinearModule[] = [
    {
      ...linear(useLiteNames.words, null, config.vocabularySize, config.embeddingSize),
      kind: 'embedding',
      hasBias: false,
    },
  ];
  for (let layer = 0; layer < config.layerCount; layer++) {
    const width = inputWidth(config, layer);
    const add = (part: keyof typeof useLiteLayer, inFeatures: number, outFeatures: number) =>
      modules.push(linear(`${useLiteLayerName(layer)}.${useLiteLayer[part]}`, layer, inFeatures, outFeatures));
    add('qkv', width, 3 * width);
    add('o', width, hidden);
    if (width !== hidden) add('residual', width, hidden);
    add('fc1', hidden, inner);
    add('fc2', inner, hidden);
  }
  modules.push(linear(useLiteNames.projection, null, hidden, hidden), {
    ...linear(useLiteNames.classifier, null, hidden, 0),
    isHead: true,
    isMissing: true,
  });
  return modules;
}

/** Names of all normalizations, and their widths. */
export function useLiteNorms(config: UseLiteConfig): { name: string; width: number }[] {
  return Array.from({ length: config.layerCount }, (_, layer) => [
    { name: `${useLiteLayerName(layer)}.${useLiteLayer.attentionNorm}`, width: inputWidth(config, layer) },
    { name: `${useLiteLayerName(layer)}.${useLiteLayer.mlpNorm}`, width: config.hiddenSize },
  ]).flat();
}

/** The shifts of the normalizations. */
export function useLiteBiases(config: UseLiteConfig): BiasVector[] {
  return useLiteNorms(config).map(({ name, width }) => ({
    name: `${name}.bias`,
    aliases: [],
    checkpointKey: `${name}.bias`,
    size: width,
  }));
}
