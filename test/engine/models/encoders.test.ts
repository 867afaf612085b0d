import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter, writeAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { reachOf } from '../../../src-main/engine/models/encoder/relative-positions.ts';
import { describeModel } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import type { HostTensor } from '../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors, writeSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { adapterSettingsSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { floats, goldenPath, relativeDifference, taken, tensorsOf } from '../golden.ts';
import { testCompute } from '../test-compute.ts';

const home = mkdtempSync(path.join(tmpdir(), 'coto-encoders-'));
afterAll(() => rmSync(home, { recursive: true }));
beforeAll(() => activateCompute(testCompute));

it('tells the sentences of a pair apart, as transformers', async () => {
  const base = await loadBaseModel(goldenPath('bert', 'base'));
  const inputs = tensorsOf(await readSafetensors(goldenPath('bert', 'pair-inputs.safetensors')));
  const expected = (await readSafetensors(goldenPath('bert', 'pair-base-outputs.safetensors'))).get('logits');
  const logits = new AdaptedModel(base).forward(inputs);
  expect(relativeDifference(logits.dataSync(), expected?.data ?? [])).toBeLessThan(1e-5);
  tf.dispose([inputs, logits]);
  base.dispose();
});

describe('a bare encoder', () => {
  it('gives last states and embeddings of length 1, whatever the padding', async () => {
    const folder = await changedBase('bert', (name) => (name.startsWith('bert.') ? name.slice(5) : null));
    const base = await loadBaseModel(folder);
    expect(base.description).toMatchObject({ kind: 'embedding', labels: [] });
    const model = new AdaptedModel(base);
    const short = model.outputs({ input_ids: tf.tensor2d([[5, 6, 7]], [1, 3], 'int32') });
    const padded = model.outputs({
      input_ids: tf.tensor2d([[5, 6, 7, 0, 0]], [1, 5], 'int32'),
      attention_mask: tf.tensor2d([[1, 1, 1, 0, 0]], [1, 5], 'int32'),
    });
    expect(Object.keys(short)).toEqual(['last_hidden_state', 'embeddings']);
    expect(short['last_hidden_state']?.shape).toEqual([1, 3, 32]);
    const embedding = [...(short['embeddings']?.dataSync() ?? [])];
    expect(Math.hypot(...embedding)).toBeCloseTo(1, 6);
    expect(relativeDifference(padded['embeddings']?.dataSync() ?? [], embedding)).toBeLessThan(1e-6);
    const states = short['last_hidden_state']?.dataSync() ?? [];
    const sums = embedding.map((_, column) =>
      [0, 1, 2].reduce((sum, row) => sum + (states[row * 32 + column] ?? 0), 0),
    );
    expect(
      relativeDifference(
        embedding,
        sums.map((sum) => sum / Math.hypot(...sums)),
      ),
    ).toBeLessThan(1e-6);
    base.dispose();
  });

  it.each([
    { family: 'bert', lost: /^(classifier|bert\.pooler)\./, saved: ['bert.pooler.dense', 'classifier'] },
    { family: 'roberta', lost: /^classifier\./, saved: ['classifier.dense', 'classifier.out_proj'] },
    { family: 'distilbert', lost: /^(pre_)?classifier\./, saved: ['pre_classifier', 'classifier'] },
    { family: 'deberta-v2', lost: /^(classifier|pooler)\./, saved: ['pooler.dense', 'classifier'] },
    { family: 'electra', lost: /^classifier\./, saved: ['classifier.dense', 'classifier.out_proj'] },
    { family: 'mpnet', lost: /^classifier\./, saved: ['classifier.dense', 'classifier.out_proj'] },
    { family: 'modernbert', lost: /^(classifier|head)\./, saved: ['head.dense', 'classifier'] },
    { family: 'eurobert', lost: /^(classifier|dense)\./, saved: ['dense', 'classifier'] },
    {
      family: 'nomic-bert',
      lost: /^(classifier|nomic_bert\.pooler)\./,
      saved: ['nomic_bert.pooler.dense', 'classifier'],
    },
    { family: 'albert', lost: /^(classifier|albert\.pooler)\./, saved: ['albert.pooler', 'classifier'] },
  ])(
    'of $family becomes a classifier by its adapter, and is one again when the adapter is read',
    async ({ family, lost, saved }) => {
      const base = await loadBaseModel(await changedBase(family, (name) => (lost.test(name) ? null : name)));
      const { description } = base;
      expect(description.linears.filter(({ isMissing }) => isMissing).map(({ name }) => name)).toEqual(saved);
      const model = new AdaptedModel(base);
      const settings = adapterSettingsSchema.parse({ target_modules: 'all-linear' });
      await model.createAdapter(settings, { random: RandomStream.seeded(1, 'study'), labels: ['no', 'yes'] });
      const inputs = tensorsOf(await readSafetensors(goldenPath(family, 'inputs.safetensors')));
      const { logits } = model.outputs(inputs);
      expect(logits?.shape).toEqual([3, 2]);
      const state = await model.exportState();
      const hasBias = (name: string) => description.linears.find((module) => module.name === name)?.hasBias;
      expect([...state.saved.keys()]).toEqual(
        saved.flatMap((name) => [`${name}.weight`, ...(hasBias(name) ? [`${name}.bias`] : [])]),
      );
      const folder = path.join(home, `adapter-${family}`);
      await writeAdapter(folder, state, { description, baseModelName: family });
      const again = new AdaptedModel(base);
      again.loadState(await readAdapter(folder, description));
      expect([...(again.outputs(inputs)['logits']?.dataSync() ?? [])]).toEqual([...(logits?.dataSync() ?? [])]);
      base.dispose();
    },
  );
});

it('keeps the first part of a head for other labels, and resets the last', async () => {
  const base = await loadBaseModel(goldenPath('roberta', 'base'));
  const model = new AdaptedModel(base);
  const settings = adapterSettingsSchema.parse({ target_modules: ['query'], modules_to_save: ['classifier'] });
  await model.createAdapter(settings, { random: RandomStream.seeded(1, 'study'), labels: ['no', 'yes'] });
  const { saved, config } = await model.exportState();
  const stored = await readSafetensors(goldenPath('roberta', 'base', 'model.safetensors'));
  expect(saved.get('classifier.dense.weight')?.data).toEqual(floats(taken(stored, 'classifier.dense.weight')));
  expect(saved.get('classifier.out_proj.weight')?.shape).toEqual([2, 32]);
  expect(config.modules_to_save).toContain('classifier');
  expect(model.lowestActiveLayer()).toBe(0);
  base.dispose();
});

it('needs no layer on a tape for what comes after the layers', async () => {
  const base = await loadBaseModel(goldenPath('bert', 'base'));
  const model = new AdaptedModel(base);
  const settings = adapterSettingsSchema.parse({ target_modules: ['bert.pooler.dense'] });
  await model.createAdapter(settings, { random: RandomStream.seeded(1, 'study'), labels: null });
  expect(model.lowestActiveLayer()).toBe(base.layerCount);
  base.dispose();
});

it('gives CLIP no classifier: it compares images with text', async () => {
  const base = await loadBaseModel(goldenPath('clip', 'base'));
  const model = new AdaptedModel(base);
  const settings = adapterSettingsSchema.parse({ target_modules: ['q_proj'] });
  const random = RandomStream.seeded(1, 'study');
  await expect(model.createAdapter(settings, { random, labels: ['cat', 'dog'] })).rejects.toThrow(/has no head/);
  await model.createAdapter(settings, { random, labels: null });
  // The text tower's layers and the vision tower's are groups of their own.
  expect(model.groups('layer').map(({ modules }) => modules[0]?.split('.')[0])).toEqual([
    'text_model',
    'text_model',
    'vision_model',
    'vision_model',
  ]);
  base.dispose();
});

it.each([
  ['bert', { hidden_act: 'mish' }, 'hidden_act'],
  ['bert', { position_embedding_type: 'relative_key' }, 'position_embedding_type'],
  ['bert', { is_decoder: true }, 'is_decoder'],
  ['bert', { hidden_size: 30 }, 'hidden_size'],
  ['roberta', { max_position_embeddings: 2 }, 'max_position_embeddings'],
  ['distilbert', { activation: 'mish' }, 'activation'],
  ['distilbert', { n_heads: 5 }, 'n_heads'],
  ['deberta-v2', { conv_kernel_size: 3 }, 'conv_kernel_size'],
  ['deberta-v2', { pos_att_type: ['c2p', 'p2p'] }, 'pos_att_type'],
  ['deberta-v2', { embedding_size: 16 }, 'embedding_size'],
  ['deberta-v2', { share_att_key: false }, 'pos_key_proj'],
  ['electra', { is_decoder: true }, 'is_decoder'],
  ['electra', { embedding_size: 32 }, 'word_embeddings'],
  ['electra', { position_embedding_type: 'relative_key' }, 'position_embedding_type'],
  ['mpnet', { relative_attention_num_buckets: 16 }, 'relative_attention_num_buckets'],
  ['mpnet', { max_position_embeddings: 2 }, 'max_position_embeddings'],
  ['modernbert', { hidden_activation: 'mish' }, 'hidden_activation'],
  ['modernbert', { classifier_pooling: 'max' }, 'classifier_pooling'],
  ['modernbert', { layer_types: ['linear_attention'] }, 'layer_types'],
  ['modernbert', { norm_bias: true }, 'norm.bias'],
  ['modernbert', { attention_bias: true }, 'Wqkv.bias'],
  ['modernbert', { num_attention_heads: 5 }, 'num_attention_heads'],
  ['modernbert', { rope_parameters: { rope_type: 'linear', factor: 2 } }, 'rope_parameters'],
  ['eurobert', { classifier_pooling: 'cls' }, 'classifier_pooling'],
  ['eurobert', { mlp_bias: true }, 'gate_proj.bias'],
  ['eurobert', { rope_parameters: { rope_type: 'none' } }, 'rope_type'],
  ['nomic-bert', { hidden_act: 'mish' }, 'hidden_act'],
  ['nomic-bert', { type_vocab_size: 3 }, 'token_type_embeddings'],
  ['albert', { hidden_act: 'mish' }, 'hidden_act'],
  ['albert', { num_hidden_groups: 2 }, 'albert_layer_groups.1'],
  ['albert', { inner_group_num: 2 }, 'albert_layers.1'],
  ['clip', { text_config: { hidden_act: 'mish' } }, 'text_config.hidden_act'],
  ['clip', { vision_config: { hidden_size: 'wide' } }, 'vision_config.hidden_size'],
])('refuses a %s with %o by name', async (family, change, named) => {
  const folder = path.join(home, `${family}-${named}`);
  cpSync(goldenPath(family, 'base'), folder, { recursive: true });
  const file = path.join(folder, 'config.json');
  const config: unknown = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify(Object.assign({}, config, change)));
  await expect(describeModel(folder)).rejects.toThrow(named);
});

it('gives distances the rows that transformers gives them, in float32', () => {
  const relative = { span: 256, buckets: 256, maxDistance: 512, sharesLinears: true, normalizes: true };
  const reach = reachOf({ ...relative, contentToPosition: true, positionToContent: true }, 512);
  // By PyTorch's make_log_bucket_position of modeling_deberta_v2, for the 256 buckets of the published v3 checkpoints.
  const expected = { '-511': -255, '-300': -207, '-129': -129, '-1': -1, 0: 0, 127: 127, 128: 128, 129: 129, 130: 130 };
  for (const [distance, bucket] of Object.entries({ ...expected, 200: 169, 256: 192, 400: 233, 511: 255 }))
    expect((reach.rows[Number(distance) + 511] ?? 0) + reach.firstRow - 256).toBe(bucket);
  // Short texts reach few rows.
  expect(reachOf({ ...relative, contentToPosition: true, positionToContent: true }, 3)).toEqual({
    firstRow: 254,
    rowCount: 5,
    rows: Int32Array.from([0, 1, 2, 3, 4]),
  });
});

it('reads an XLM-RoBERTa as the RoBERTa that it is', async () => {
  const folder = path.join(home, 'xlm-roberta');
  cpSync(goldenPath('roberta', 'base'), folder, { recursive: true });
  const file = path.join(folder, 'config.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"roberta"', '"xlm-roberta"'));
  const inputs = tensorsOf(await readSafetensors(goldenPath('roberta', 'inputs.safetensors')));
  const expected = (await readSafetensors(goldenPath('roberta', 'base-outputs.safetensors'))).get('logits');
  const base = await loadBaseModel(folder);
  expect(base.description.family).toBe('xlm-roberta');
  expect(relativeDifference(new AdaptedModel(base).forward(inputs).dataSync(), expected?.data ?? [])).toBeLessThan(
    1e-5,
  );
  base.dispose();
});

describe('an ALBERT', () => {
  it('has one unit for CoTo, since all its layers share one adapter', async () => {
    const base = await loadBaseModel(goldenPath('albert', 'base'));
    const model = new AdaptedModel(base);
    const settings = adapterSettingsSchema.parse({ target_modules: 'all-linear' });
    await model.createAdapter(settings, { random: RandomStream.seeded(1, 'study'), labels: null });
    expect(base.layerCount).toBe(3);
    expect(model.groups('layer').map(({ name, layer }) => [name, layer])).toEqual([['layers.0', 0]]);
    expect(model.lowestActiveLayer()).toBe(0);
    base.dispose();
  });

  it.each([
    ['two groups', { num_hidden_layers: 4, num_hidden_groups: 2 }, 'groups.1.albert_layers.0', [0, 2]],
    ['two layers a group', { num_hidden_layers: 2, inner_group_num: 2 }, 'groups.0.albert_layers.1', [0, 1]],
  ])('of %s runs each layer with the weights of its group', async (name, sizes, copy, layers) => {
    // Four runs of equal layers, whichever way they are grouped.
    const whole = await changedBase('albert', (tensor) => tensor);
    const folder = await changedBase('albert', (tensor) => tensor);
    const tensors = await readSafetensors(path.join(folder, 'model.safetensors'));
    for (const [key, tensor] of [...tensors])
      if (key.includes('groups.0.albert_layers.0')) tensors.set(key.replace('groups.0.albert_layers.0', copy), tensor);
    await writeSafetensors(path.join(folder, 'model.safetensors'), tensors);
    changeConfig(folder, sizes);
    changeConfig(whole, { num_hidden_layers: 4 });
    const inputs = tensorsOf(await readSafetensors(goldenPath('albert', 'inputs.safetensors')));
    const [expected, grouped] = await Promise.all([whole, folder].map((directory) => loadBaseModel(directory)));
    if (!expected || !grouped) throw new Error(name);
    const query = grouped.description.linears.filter((module) => module.name.endsWith('attention.query'));
    expect(query.map(({ layer }) => layer)).toEqual(layers);
    const logits = new AdaptedModel(grouped).forward(inputs).dataSync();
    expect(relativeDifference(logits, new AdaptedModel(expected).forward(inputs).dataSync())).toBeLessThan(1e-6);
    for (const base of [expected, grouped]) base.dispose();
  });
});

it('reads pos_att_type as a list as well', async () => {
  const folder = path.join(home, 'deberta-list');
  cpSync(goldenPath('deberta-v2', 'base'), folder, { recursive: true });
  const file = path.join(folder, 'config.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"p2c|c2p"', '["c2p", "p2c"]'));
  const inputs = tensorsOf(await readSafetensors(goldenPath('deberta-v2', 'inputs.safetensors')));
  const expected = (await readSafetensors(goldenPath('deberta-v2', 'base-outputs.safetensors'))).get('logits');
  const base = await loadBaseModel(folder);
  expect(relativeDifference(new AdaptedModel(base).forward(inputs).dataSync(), expected?.data ?? [])).toBeLessThan(
    1e-5,
  );
  base.dispose();
});

function changeConfig(folder: string, changes: object): void {
  const file = path.join(folder, 'config.json');
  const config: object = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...config, ...changes }));
}

/** A copy of a golden base with other names of its tensors; null leaves one out. */
async function changedBase(family: string, rename: (name: string) => string | null): Promise<string> {
  const folder = mkdtempSync(path.join(home, `${family}-`));
  cpSync(goldenPath(family, 'base', 'config.json'), path.join(folder, 'config.json'));
  const tensors = new Map<string, HostTensor>();
  for (const [name, tensor] of await readSafetensors(goldenPath(family, 'base', 'model.safetensors'))) {
    const renamed = rename(name);
    if (renamed !== null) tensors.set(renamed, tensor);
  }
  await writeSafetensors(path.join(folder, 'model.safetensors'), tensors);
  return folder;
}
