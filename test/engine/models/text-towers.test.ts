import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { modelFamilies } from '../../../src-main/engine/models/families.ts';
import { describeModel } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import { elementCount } from '../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { goldenPath } from '../golden.ts';

const towers = [
  { folder: 'gemma3-vision', text: 'model.language_model', stored: 'language_model.model' },
  { folder: 'mistral3', text: 'model.language_model', stored: 'language_model.model' },
  { folder: 'qwen3-vl', text: 'model.language_model', stored: 'model.language_model' },
  { folder: 'qwen3.5-vision', text: 'model.language_model', stored: 'model.language_model' },
  { folder: 'smolvlm', text: 'model.text_model', stored: 'model.text_model' },
];

describe.each(towers)('the text model of $folder', ({ folder, text, stored }) => {
  it('has the module names of transformers and leaves the vision tower out', async () => {
    const description = await describeModel(goldenPath(folder, 'base'));
    expect(description.ignoresImages).toBe(true);
    expect(description).toMatchObject({ kind: 'causal-lm', image: null });
    const query = description.linears.find(({ name }) => name.endsWith('self_attn.q_proj'));
    expect(query).toMatchObject({
      name: `${text}.layers.${query?.layer}.self_attn.q_proj`,
      checkpointKey: `${stored}.layers.${query?.layer}.self_attn.q_proj`,
    });
    if (stored !== text) expect(query?.aliases).toContain(query?.checkpointKey);
    const tensors = await readSafetensors(goldenPath(folder, 'base', 'model.safetensors'));
    const ofText = [...tensors].filter(([name]) => name.startsWith(stored) || name.includes('lm_head'));
    expect(ofText.length).toBeLessThan(tensors.size);
    expect(description.parameterCount).toBe(ofText.reduce((sum, [, { shape }]) => sum + elementCount(shape), 0));
  });
});

describe('the config.json of a text tower', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'coto-text-tower-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is refused for a text model of another family, naming the key', async () => {
    await cp(goldenPath('smolvlm', 'base'), folder, { recursive: true });
    await changeText(folder, (text) => ({ ...text, model_type: 'mpt' }));
    await expect(describeModel(folder)).rejects.toThrow(
      /config.json: text_config.model_type is "mpt", but only "llama" is supported/,
    );
  });

  it('may leave out the sizes that transformers knows for Gemma 3, as those of the 4B model do', () => {
    const family = modelFamilies.find(({ modelType }) => modelType === 'gemma3');
    const text = { hidden_size: 2560, intermediate_size: 10_240, model_type: 'gemma3_text', num_hidden_layers: 34 };
    const rope = { rope_scaling: { factor: 8, rope_type: 'linear' }, sliding_window: 1024 };
    const config = { model_type: 'gemma3', text_config: { ...text, ...rope } };
    const memory = family?.memory({ path: 'config.json', value: config }, { tokens: 128 });
    // 8 heads of 256 values, 4 of keys: queries and what attention gives, keys and values, each once more before its norm.
    const { kept = [] } = memory?.layer(33, 1, noAdapters) ?? {};
    expect(kept).toEqual(expect.arrayContaining([128 * 8 * 256, 128 * 4 * 256, 128 * 10_240, 128 * 2560]));
  });
});

const noAdapters = { has: () => false, replaces: () => false, materializedWeights: 0, kept: () => [] };
const configSchema = z.looseObject({ text_config: z.record(z.string(), z.unknown()) });

async function changeText(
  folder: string,
  change: (text: Record<string, unknown>) => Record<string, unknown>,
): Promise<void> {
  const file = path.join(folder, 'config.json');
  const config = configSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  await writeFile(file, JSON.stringify({ ...config, text_config: change(config.text_config) }));
}
