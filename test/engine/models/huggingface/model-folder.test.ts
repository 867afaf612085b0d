import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeModel } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import { readSafetensors, writeSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { goldenPath } from '../../golden.ts';

describe('a ViT folder', () => {
  it('is described without its weights', async () => {
    const description = await describeModel(goldenPath('vit', 'base'));
    expect(description).toMatchObject({
      family: 'vit',
      architecture: 'ViTForImageClassification',
      kind: 'image-classification',
      dtype: 'F32',
      layerCount: 3,
      hiddenSize: 32,
      labels: ['LABEL_0', 'LABEL_1', 'LABEL_2', 'LABEL_3', 'LABEL_4'],
      image: { height: 16, width: 16, channels: 3 },
    });
    // 3 layers of 4 · (32² + 32) + 2 · 48 · 32 + 48 + 32 + 4 · 32, embeddings 18 · 32 + 48 · 32 + 32, norm 64, head 5 · 33.
    expect(description.parameterCount).toBe(3 * (4 * 1056 + 3072 + 80 + 128) + 576 + 1536 + 32 + 64 + 165);
    expect(description.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });

  it('names its linears as PEFT does today, with the names of transformers 4 beside them', async () => {
    const { linears } = await describeModel(goldenPath('vit', 'base'));
    expect(linears).toHaveLength(19);
    const today = await moduleNames('adapters');
    const older = await moduleNames('adapters-transformers4');
    const byName = (names: Iterable<string>) => [...names].sort();
    expect(byName(linears.map(({ name }) => name))).toEqual(byName(today));
    expect(byName(linears.map(({ name, aliases }) => aliases[0] ?? name))).toEqual(byName(older));
    expect(linears.filter(({ isHead }) => isHead).map(({ name }) => name)).toEqual(['classifier']);
    expect(linears.find(({ name }) => name === 'vit.layers.2.mlp.fc2')).toMatchObject({
      layer: 2,
      inFeatures: 48,
      outFeatures: 32,
    });
  });
});

/** Modules that carry an adapter in the golden folder that targets every linear. */
async function moduleNames(dialect: string): Promise<Set<string>> {
  const file = goldenPath('vit', dialect, 'lora-all-linear', 'adapter_model.safetensors');
  const names = new Set<string>();
  for (const key of (await readSafetensors(file)).keys())
    names.add(key.replace('base_model.model.', '').replace(/\.lora_[AB]\.weight$/, ''));
  return names;
}

describe('a broken ViT folder is refused in one sentence', () => {
  let folder: string;
  const config = () => path.join(folder, 'config.json');
  const weights = () => path.join(folder, 'model.safetensors');
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'coto-model-'));
    await cp(goldenPath('vit', 'base'), folder, { recursive: true });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function refusal(): Promise<StudioError> {
    const thrown: unknown = await describeModel(folder).then(
      () => null,
      (error) => error,
    );
    if (!(thrown instanceof StudioError)) throw new Error(`expected a refusal, got ${String(thrown)}`);
    return thrown;
  }

  async function changeConfig(change: (config: Record<string, unknown>) => void): Promise<void> {
    const parsed: Record<string, unknown> = JSON.parse(await readFile(config(), 'utf8'));
    change(parsed);
    await writeFile(config(), JSON.stringify(parsed));
  }

  it.each([
    'model_type',
    'hidden_size',
    'num_hidden_layers',
    'num_attention_heads',
    'intermediate_size',
    'image_size',
    'patch_size',
  ])('without the key %s', async (key) => {
    await changeConfig((parsed) => delete parsed[key]);
    const error = await refusal();
    expect(error.code).toBe('invalid_file');
    expect(error.message).toBe(`${config()} lacks the key "${key}".`);
  });

  it.each<[string, unknown, RegExp]>([
    ['model_type', 'mamba', /type "mamba" are not supported/],
    ['hidden_act', 'mish', /hidden_act is "mish"/],
    ['num_attention_heads', 5, /hidden_size 32 cannot be divided among num_attention_heads 5/],
    ['hidden_size', 'wide', /hidden_size: .*expected number/],
    ['hidden_size', 64, /"vit\.embeddings\.cls_token" has shape \[1, 1, 32\] where config\.json asks for \[1, 1, 64\]/],
    ['num_hidden_layers', 4, /lacks the tensor "vit\.encoder\.layer\.3\./],
    ['id2label', { 0: 'a', 2: 'b' }, /id2label names no label for id 1/],
  ])('with %s = %j', async (key, value, message) => {
    await changeConfig((parsed) => {
      parsed[key] = value;
    });
    expect((await refusal()).message).toMatch(message);
  });

  it('with a config that is no JSON, or none', async () => {
    await writeFile(config(), '{');
    expect((await refusal()).message).toBe(`${config()} is not JSON.`);
    await rm(config());
    expect((await refusal()).message).toBe(`${folder} has no config.json.`);
  });

  it('with truncated weights or without a tensor, but not without a classifier', async () => {
    const whole = await readSafetensors(weights());
    await truncate(weights(), 60_000);
    expect((await refusal()).message).toMatch(/model\.safetensors is truncated: tensor "/);
    const without = async (name: string) => {
      const rest = new Map(whole);
      rest.delete(name);
      await writeSafetensors(weights(), rest);
    };
    await without('vit.layernorm.bias');
    expect((await refusal()).message).toMatch(/lacks the tensor "vit\.layernorm\.bias"/);
    await without('classifier.weight');
    const { labels, linears } = await describeModel(folder);
    expect(labels).toEqual([]);
    expect(linears.at(-1)).toMatchObject({ name: 'classifier', outFeatures: 0, isHead: true, isMissing: true });
  });
});
