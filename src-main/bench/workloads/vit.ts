import { join } from 'node:path';
import {
  elementCount,
  type HostTensor,
  loadBaseModel,
  readConfig,
  readSafetensors,
  tokenCount,
  vitLayout,
} from '../../engine/api/base-parts.ts';
import { classLoss } from '../../engine/api/steps.ts';
import { RandomTensors } from '../random-tensors.ts';
import type { Workload } from '../workload.ts';

const labels = Array.from({ length: 10 }, (_, index) => `class ${index}`);

/** The bundled ViT, as trained by a run on a dataset of ten classes. */
export const vitShape: Workload = {
  id: 'vit',
  label: 'bundled ViT',
  detail: 'ViT 12 × 128, 4 heads, mlp 256, 32 × 17 tokens',
  layers: 12,
  smallLayers: 12,
  async build({ small, resources, bfloat16, int8 = false, halves, batch: given }) {
    const directory = join(resources, 'models', 'quickdraw-vit');
    const config = vitLayout(await readConfig(directory));
    const base = await loadBaseModel(directory, { bfloat16, int8, ...(halves ? { halves } : {}) });
    const tensors = await readSafetensors(join(directory, 'model.safetensors'));
    const made = new RandomTensors(1);
    const batch = given ?? (small ? 4 : 32);
    const { image, patch } = config;
    const shape = [batch, image.channels, image.height, image.width];
    return {
      base,
      labels,
      batch: {
        inputs: { pixel_values: { shape, data: made.uniform(shape, 1).data as Float32Array } },
        examples: batch,
        loss: classLoss(made.integers([batch], labels.length).data),
      },
      architecture: {
        kind: 'encoder',
        layers: config.layerCount,
        heads: config.heads,
        hidden: config.hiddenSize,
        tokens: tokenCount(config),
        epsilon: config.epsilon,
        pooling: 'first',
        cutsLastLayer: true,
        patch: [patch.height, patch.width],
      },
      extras: peerTensors(tensors, config.layerCount),
    };
  },
};

/** Names of the checkpoint → the peer's. */
function peerTensors(tensors: ReadonlyMap<string, HostTensor>, layers: number): Map<string, HostTensor> {
  const names = new Map([
    ['vit.embeddings.patch_embeddings.projection.weight', 'patch.weight'],
    ['vit.embeddings.patch_embeddings.projection.bias', 'patch.bias'],
    ['vit.embeddings.cls_token', 'class_token'],
    ['vit.embeddings.position_embeddings', 'positions'],
    ['vit.layernorm.weight', 'norm.weight'],
    ['vit.layernorm.bias', 'norm.bias'],
  ]);
  for (let layer = 0; layer < layers; layer++)
    for (const part of ['weight', 'bias']) {
      names.set(`vit.encoder.layer.${layer}.layernorm_before.${part}`, `layers.${layer}.before.${part}`);
      names.set(`vit.encoder.layer.${layer}.layernorm_after.${part}`, `layers.${layer}.after.${part}`);
    }
  const found = new Map<string, HostTensor>();
  for (const [stored, name] of names) {
    const tensor = tensors.get(stored);
    if (tensor === undefined || elementCount(tensor.shape) === 0) throw new Error(`the checkpoint lacks ${stored}`);
    found.set(name, tensor);
  }
  return found;
}
