import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { HostTensor } from '../../../src-main/engine/tensors/host-tensor.ts';
import { writeSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { RandomStream } from '../../../src-shared/random.ts';

export interface MadeEncoder {
  readonly hidden: number;
  readonly inner: number;
  readonly layers: number;
  readonly heads: number;
  readonly vocabulary: number;
  readonly positions: number;
}

/** Writes a BERT, or a DeBERTa v2 with log buckets, of random weights and three labels. */
export async function makeEncoder(folder: string, kind: 'bert' | 'deberta-v2', sizes: MadeEncoder): Promise<void> {
  const { hidden, inner, layers, heads, vocabulary, positions } = sizes;
  const isBert = kind === 'bert';
  const random = RandomStream.seeded(1, 'study');
  const tensors = new Map<string, HostTensor>();
  const put = (name: string, shape: number[], around = 0) => {
    const data = Float32Array.from(
      { length: shape.reduce((product, size) => product * size, 1) },
      () => around + 0.05 * random.normal(),
    );
    tensors.set(name, { shape, data });
  };
  const linear = (name: string, inFeatures: number, outFeatures: number) => {
    put(`${name}.weight`, [outFeatures, inFeatures]);
    put(`${name}.bias`, [outFeatures]);
  };
  const norm = (name: string) => {
    put(`${name}.weight`, [hidden], 1);
    put(`${name}.bias`, [hidden]);
  };
  const prefix = isBert ? 'bert' : 'deberta';
  put(`${prefix}.embeddings.word_embeddings.weight`, [vocabulary, hidden]);
  norm(`${prefix}.embeddings.LayerNorm`);
  if (isBert) {
    put('bert.embeddings.position_embeddings.weight', [positions, hidden]);
    put('bert.embeddings.token_type_embeddings.weight', [2, hidden]);
  } else {
    put('deberta.encoder.rel_embeddings.weight', [positions, hidden]);
    norm('deberta.encoder.LayerNorm');
  }
  for (let layer = 0; layer < layers; layer++) {
    const name = `${prefix}.encoder.layer.${layer}`;
    for (const part of ['query', 'key', 'value'])
      linear(`${name}.attention.self.${part}${isBert ? '' : '_proj'}`, hidden, hidden);
    linear(`${name}.attention.output.dense`, hidden, hidden);
    norm(`${name}.attention.output.LayerNorm`);
    linear(`${name}.intermediate.dense`, hidden, inner);
    linear(`${name}.output.dense`, inner, hidden);
    norm(`${name}.output.LayerNorm`);
  }
  linear(isBert ? 'bert.pooler.dense' : 'pooler.dense', hidden, hidden);
  linear('classifier', hidden, 3);
  mkdirSync(folder, { recursive: true });
  await writeSafetensors(path.join(folder, 'model.safetensors'), tensors);
  const config = {
    model_type: kind,
    hidden_size: hidden,
    intermediate_size: inner,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    vocab_size: vocabulary,
    max_position_embeddings: positions,
    ...(isBert
      ? {}
      : {
          relative_attention: true,
          position_buckets: positions / 2,
          norm_rel_ebd: 'layer_norm',
          share_att_key: true,
          pos_att_type: 'p2c|c2p',
          position_biased_input: false,
        }),
  };
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(config));
}
