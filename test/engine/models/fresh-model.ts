import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { BaseModel } from '../../../src-main/engine/models/base-model.ts';
import type { ModelConfigFile, ModelFamily } from '../../../src-main/engine/models/family.ts';
import { familyOf } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import { freshWeights } from '../../../src-main/engine/pretrain/fresh-weights.ts';
import { elementCount, type HostTensor } from '../../../src-main/engine/tensors/host-tensor.ts';
import { writeSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { goldenPath } from '../golden.ts';

type Values = Readonly<Record<string, unknown>>;

const configSchema = z.record(z.string(), z.unknown());
const random = () => freshWeights(RandomStream.seeded(1, 'initialization'), { deviation: 0.1, residualLayers: 0 });

/**
 * Returns the config of a golden folder's base with other sizes.
 * @param sizes replace the values of keys that the config or the config of a tower has
 */
export function resizedConfig(golden: string, sizes: Values): { readonly path: string; readonly value: Values } {
  const path = goldenPath(golden, 'base', 'config.json');
  return { path, value: resized(configSchema.parse(JSON.parse(readFileSync(path, 'utf8'))), sizes) };
}

function resized(config: Values, sizes: Values): Values {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => {
      if (key.endsWith('_config')) return [key, resized(configSchema.parse(value), sizes)];
      return [key, key in sizes ? sizes[key] : value];
    }),
  );
}

interface FreshModel {
  readonly family: ModelFamily;
  readonly file: ModelConfigFile;
  readonly base: BaseModel;
}

/** Loads a model with random weights. @param further keys that the config of the golden folder lacks */
export async function freshModel(golden: string, sizes: Values, further: Values = {}): Promise<FreshModel> {
  const { path, value } = resizedConfig(golden, sizes);
  const file = { path, value: { ...value, ...further } };
  const family = familyOf(file);
  const source = random();
  const described = family.describe(file, source);
  const parameterCount = source.names.reduce((sum, name) => sum + elementCount(source.info(name).shape), 0);
  const parts = { family: golden, parameterCount, sizeBytes: 4 * parameterCount, dtype: 'F32', fingerprint: '' };
  return { family, file, base: await family.load({ ...described, ...parts }, file, source, {}) };
}

/** Writes a model with random weights into an empty folder. */
export async function writeFreshModel(folder: string, config: Values): Promise<void> {
  const path = join(folder, 'config.json');
  writeFileSync(path, JSON.stringify(config));
  const source = random();
  const file = { path, value: config };
  familyOf(file).describe(file, source);
  const tensors = new Map<string, HostTensor>();
  // The copies of T5's table that old checkpoints have would be drawn anew.
  for (const name of source.names)
    if (!/^(en|de)coder\.embed_tokens/.test(name)) tensors.set(name, await source.read(name));
  await writeSafetensors(join(folder, 'model.safetensors'), tensors);
}
