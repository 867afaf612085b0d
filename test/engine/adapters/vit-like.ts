import { type LinearModule, type ModelDescription, plainLinear } from '../../../src-shared/domain/models/model.ts';

const perLayer = [
  ['attention.q_proj', 'attention.attention.query'],
  ['attention.k_proj', 'attention.attention.key'],
  ['attention.v_proj', 'attention.attention.value'],
  ['attention.o_proj', 'attention.output.dense'],
  ['mlp.fc1', 'intermediate.dense'],
  ['mlp.fc2', 'output.dense'],
] as const;

/** Describes a ViT of `layerCount` layers, hidden size 4 and two classes. */
export function vitLike(layerCount: number): ModelDescription {
  const linears: LinearModule[] = [];
  for (let layer = 0; layer < layerCount; layer++)
    for (const [today, older] of perLayer) {
      const alias = `vit.encoder.layer.${layer}.${older}`;
      linears.push({
        name: `vit.layers.${layer}.${today}`,
        aliases: [alias],
        checkpointKey: alias,
        layer,
        inFeatures: 4,
        outFeatures: 4,
        hasBias: true,
        isHead: false,
        ...plainLinear,
      });
    }
  linears.push({
    name: 'classifier',
    aliases: [],
    checkpointKey: 'classifier',
    layer: null,
    inFeatures: 4,
    outFeatures: 2,
    hasBias: true,
    isHead: true,
    ...plainLinear,
  });
  return {
    family: 'vit',
    architecture: 'ViTForImageClassification',
    kind: 'image-classification',
    parameterCount: 0,
    sizeBytes: 0,
    dtype: 'float32',
    layerCount,
    hiddenSize: 4,
    labels: ['cat', 'dog'],
    image: { height: 8, width: 8, channels: 1 },
    text: null,
    linears,
    fingerprint: 'none',
  };
}
