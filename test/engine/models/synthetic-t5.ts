import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { t5Family } from '../../../src-main/engine/models/t5/index.ts';
import { freshWeights } from '../../../src-main/engine/pretrain/fresh-weights.ts';
import type { HostTensor } from '../../../src-main/engine/tensors/host-tensor.ts';
import { writeSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { RandomStream } from '../../../src-shared/random.ts';

export interface MadeT5 {
  readonly d_model: number;
  readonly d_kv: number;
  readonly d_ff: number;
  readonly num_layers: number;
  readonly num_decoder_layers: number;
  readonly num_heads: number;
  readonly vocab_size: number;
  readonly feed_forward_proj: 'relu' | 'gated-gelu';
}

/** Writes a T5 of random weights. */
export async function makeT5(folder: string, sizes: MadeT5): Promise<void> {
  const tokens = { pad_token_id: 0, eos_token_id: 1, decoder_start_token_id: 0 };
  const value = { model_type: 't5', architectures: ['T5ForConditionalGeneration'], ...sizes, ...tokens };
  const source = freshWeights(RandomStream.seeded(1, 'study'), { deviation: 0.1, residualLayers: 0 });
  // One table of tokens, which is the head too.
  const has = (name: string) => name !== 'lm_head.weight' && !name.includes('embed_tokens');
  t5Family.describe({ path: 'config.json', value }, { ...source, has });
  const tensors = new Map<string, HostTensor>();
  for (const name of source.names.filter(has)) tensors.set(name, await source.read(name));
  mkdirSync(folder, { recursive: true });
  await writeSafetensors(path.join(folder, 'model.safetensors'), tensors);
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(value));
}
