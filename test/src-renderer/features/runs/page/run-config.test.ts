import { expect, test } from 'vitest';
import { settingRows } from '../../../../../src-renderer/features/runs/page/run-config.tsx';
import { quickTry } from '../../../../../src-renderer/features/train/presets/quick-try.ts';
import { type ModelDescription, plainLinear } from '../../../../../src-shared/domain/models/model.ts';
import { runConfigSchema } from '../../../../../src-shared/domain/runs/run.ts';
import { runInfoSchema } from '../../../../../src-shared/domain/runs/run-info.ts';
import { catalog } from '../../../fake-backend.ts';

const facts = runInfoSchema.parse({
  ...{ totalSteps: 60, trainableParameters: 1, totalParameters: 2, groups: [], trainExamples: 1, evalExamples: 1 },
  ...{ backend: 'native', threads: 2 },
});

test('every setting is listed with its default, and with what it came to', () => {
  const config = runConfigSchema.parse({ learning_rate: 2e-4, adapter: { r: 16 } });
  const rows = settingRows({ config, facts, modelId: 'base', datasetId: 'data' }, catalog.adapterVariants);
  const row = (name: string) => rows.find((one) => one.name === name);
  expect(row('learning_rate')).toMatchObject({ value: '0.0002', usual: '0.001', isChanged: true });
  expect(row('adapter.r')).toMatchObject({ value: '16', usual: '8', isChanged: true });
  expect(row('max_steps')).toMatchObject({ value: '0 → 60', isChanged: false });
  expect(row('compute_backend')).toMatchObject({ value: 'auto → native' });
  expect(row('order_seed')).toMatchObject({ value: 'same as seed' });
  expect(rows.some(({ name }) => name.startsWith('coto.'))).toBe(false);
});

const linear = (name: string, isHead = false) => ({
  ...plainLinear,
  ...{ name, aliases: [], checkpointKey: name, layer: 0, inFeatures: 4, outFeatures: 4, hasBias: false, isHead },
});
const language: ModelDescription = {
  ...{ family: 'llama', architecture: 'LlamaForCausalLM', kind: 'causal-lm', parameterCount: 1, sizeBytes: 1 },
  ...{ dtype: 'F32', layerCount: 1, hiddenSize: 4, labels: [], image: null, fingerprint: '' },
  text: { vocabularySize: 10, maxPositions: 256 },
  linears: [linear('layers.0.q_proj'), linear('layers.0.v_proj'), linear('lm_head', true)],
};
const rowsOf = (config: object, model: ModelDescription) => {
  const run = { config: runConfigSchema.parse(config), facts: null, modelId: 'base', datasetId: 'data' };
  const rows = settingRows(run, catalog.adapterVariants, model);
  return (name: string) => rows.find((one) => one.name === name);
};

test('each value says where it comes from: the default, a person, or the model', () => {
  const row = rowsOf({ learning_rate: 2e-4 }, language);
  expect(row('learning_rate')).toMatchObject({ origin: 'yours' });
  expect(row('weight_decay')).toMatchObject({ origin: 'default' });
  expect(row('max_length')).toMatchObject({ value: '512 → 256', origin: 'model' });
  expect(row('adapter.target_modules')).toMatchObject({ value: 'all-linear → q_proj, v_proj', origin: 'model' });
  expect(row('model')).toMatchObject({ origin: 'yours' });
  expect(row('image_size')).toBeUndefined();
  const chosen = rowsOf({ max_length: 128, adapter: { target_modules: ['q_proj'] } }, language);
  expect(chosen('max_length')).toMatchObject({ value: '128', origin: 'yours' });
  expect(chosen('adapter.target_modules')).toMatchObject({ origin: 'yours' });
  const image = { ...language, text: null, image: { height: 28, width: 28, channels: 1 } };
  expect(rowsOf({}, { ...image, kind: 'image-classification' })('image_size')).toMatchObject({
    value: '28 × 28, gray',
    origin: 'model',
  });
});

test('values of a preset are the preset’s, as long as the run follows all of it', () => {
  const config = { max_steps: 30, per_device_train_batch_size: 8, eval_samples: 100, max_length: 128, seed: 7 };
  expect(quickTry.settings(undefined)).toMatchObject({ max_steps: 30, max_length: 128 });
  const row = rowsOf(config, language);
  for (const name of ['max_steps', 'eval_samples', 'max_length']) expect(row(name)?.origin).toBe('preset');
  // A preset value equal to the default counts as the default.
  expect(row('warmup_steps')?.origin).toBe('default');
  expect(row('seed')?.origin).toBe('yours');
  const other = rowsOf({ ...config, max_steps: 31 }, language);
  for (const name of ['max_steps', 'eval_samples', 'max_length']) expect(other(name)?.origin).toBe('yours');
});
