import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSafetensors } from '../src-main/engine/tensors/safetensors.ts';
import { RandomStream } from '../src-shared/random.ts';
import type { PoolingMode } from '../src-shared/tasks/embedding.ts';

interface SentenceFiles {
  /** Width of the model's states. */
  readonly width: number;
  readonly pooling: PoolingMode;
  /** Output widths of dense layers, of which the first has a bias and tanh. */
  readonly dense?: readonly number[] | undefined;
  readonly maxLength?: number;
}

/** Puts the files of sentence-transformers into a model's folder. */
export async function writeSentenceFiles(
  place: string,
  { width, pooling, dense = [], maxLength = 64 }: SentenceFiles,
): Promise<void> {
  const module = (idx: number, path: string, type: string) => ({ idx, name: String(idx), path, type });
  const write = (name: string, value: unknown) => writeFileSync(join(place, name), JSON.stringify(value));
  write('modules.json', [
    module(0, '', 'sentence_transformers.models.Transformer'),
    module(1, '1_Pooling', 'sentence_transformers.models.Pooling'),
    ...dense.map((_, at) => module(2 + at, `${2 + at}_Dense`, 'sentence_transformers.models.Dense')),
    module(2 + dense.length, 'Normalize', 'sentence_transformers.models.Normalize'),
  ]);
  const random = RandomStream.seeded(5, 'initialization');
  for (const [at, outputs] of dense.entries()) {
    const [folder, inputs, isFirst] = [`${2 + at}_Dense`, dense[at - 1] ?? width, at === 0];
    mkdirSync(join(place, folder));
    const kind = isFirst ? 'torch.nn.modules.activation.Tanh' : 'torch.nn.modules.linear.Identity';
    write(`${folder}/config.json`, {
      in_features: inputs,
      out_features: outputs,
      bias: isFirst,
      activation_function: kind,
    });
    const drawn = (count: number) => Float32Array.from({ length: count }, () => random.normal());
    const tensors = new Map([['linear.weight', { shape: [outputs, inputs], data: drawn(outputs * inputs) }]]);
    if (isFirst) tensors.set('linear.bias', { shape: [outputs], data: drawn(outputs) });
    await writeSafetensors(join(place, folder, 'model.safetensors'), tensors);
  }
  write('sentence_bert_config.json', { max_seq_length: maxLength, do_lower_case: false });
  mkdirSync(join(place, '1_Pooling'));
  mkdirSync(join(place, 'Normalize'));
  const keys = { mean: 'mean_tokens', cls: 'cls_token', lasttoken: 'lasttoken' } as const;
  const modes = Object.entries(keys).map(([mode, key]) => [`pooling_mode_${key}`, mode === pooling]);
  write('1_Pooling/config.json', { word_embedding_dimension: width, ...Object.fromEntries(modes) });
}
