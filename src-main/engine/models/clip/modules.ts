import { type BiasVector, type LinearModule, plainLinear } from '../../../../src-shared/domain/models/model.ts';
import type { ClipConfig, Tower } from './config.ts';

export const clipNames = {
  tokens: 'text_model.embeddings.token_embedding',
  textPositions: 'text_model.embeddings.position_embedding',
  imagePositions: 'vision_model.embeddings.position_embedding',
  textProjection: 'text_projection',
  imageProjection: 'visual_projection',
} as const;
type TowerName = 'text_model' | 'vision_model';

export function clipLayerName(tower: TowerName, layer: number): string {
  return `${tower}.encoder.layers.${layer}`;
}

/**
 * All modules that can be adapted. The layers of the text tower come first, those of the vision tower after them, numbered
 * consecutively, so that no CoTo group spans both.
 */
export function clipModules({ text, vision, projectionSize }: ClipConfig): LinearModule[] {
  return [
    table(clipNames.tokens, text.vocabularySize, text.hiddenSize),
    table(clipNames.textPositions, text.maxPositions, text.hiddenSize),
    ...towerModules('text_model', text, 0),
    linear(clipNames.textProjection, null, [text.hiddenSize, projectionSize], false),
    table(clipNames.imagePositions, vision.tokens, vision.hiddenSize),
    ...towerModules('vision_model', vision, text.layerCount),
    linear(clipNames.imageProjection, null, [vision.hiddenSize, projectionSize], false),
  ];
}

function towerModules(name: TowerName, tower: Tower, before: number): LinearModule[] {
  const { hiddenSize: hidden, innerSize: inner } = tower;
  return Array.from({ length: tower.layerCount }, (_, layer) =>
    (
      [
        ['self_attn.q_proj', hidden, hidden],
        ['self_attn.k_proj', hidden, hidden],
        ['self_attn.v_proj', hidden, hidden],
        ['self_attn.out_proj', hidden, hidden],
        ['mlp.fc1', hidden, inner],
        ['mlp.fc2', inner, hidden],
      ] as const
    ).map(([part, ...sizes]) => linear(`${clipLayerName(name, layer)}.${part}`, before + layer, sizes, true)),
  ).flat();
}

function linear(
  name: string,
  layer: number | null,
  [inFeatures, outFeatures]: readonly [number, number],
  hasBias: boolean,
): LinearModule {
  return {
    ...plainLinear,
    name,
    aliases: [],
    checkpointKey: name,
    layer,
    inFeatures,
    outFeatures,
    hasBias,
    isHead: false,
  };
}

function table(name: string, rows: number, width: number): LinearModule {
  return { ...linear(name, null, [rows, width], false), kind: 'embedding' };
}

/** Names of all normalizations, and their widths. */
export function clipNorms({ text, vision }: ClipConfig): { name: string; width: number }[] {
  const norms = [
    { name: 'text_model.final_layer_norm', width: text.hiddenSize },
    { name: 'vision_model.pre_layrnorm', width: vision.hiddenSize },
    { name: 'vision_model.post_layernorm', width: vision.hiddenSize },
  ];
  for (const [tower, { layerCount, hiddenSize: width }] of [
    ['text_model', text],
    ['vision_model', vision],
  ] as const)
    for (let layer = 0; layer < layerCount; layer++)
      for (const norm of ['layer_norm1', 'layer_norm2'])
        norms.push({ name: `${clipLayerName(tower, layer)}.${norm}`, width });
  return norms;
}

/** The shifts of the normalizations. */
export function clipBiases(config: ClipConfig): BiasVector[] {
  return clipNorms(config).map(({ name, width }) => ({
    name: `${name}.bias`,
    aliases: [],
    checkpointKey: `${name}.bias`,
    size: width,
  }));
}
