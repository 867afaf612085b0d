import { expect, test, vi } from 'vitest';
import { trainingKey, trainingKeyOn } from '../../../src-main/backend/library/content-keys.ts';
import { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { datasetRecord, modelRecord } from '../records.ts';

// A folder's stamp would change over time.
vi.mock(import('../../../src-main/backend/library/datasets/datasets.ts'), async (original) => ({
  ...(await original()),
  datasetStamp: async () => 'stamp',
}));

const keyOf = (settings: object) => trainingKey(runConfigSchema.parse(settings), modelRecord, datasetRecord);

test('runs keep the keys that they had before runs had more settings', async () => {
  expect(await keyOf({})).toBe('87b92d09fbd0a5725d12e6a9837a2331bf80a902dedadf6fd1fd87edba848c45');
  expect(await keyOf({ coto: {}, seed: 3, train_samples_per_class: 8, adapter: { parameters: { r: 4 } } })).toBe(
    '6393e4a8b4383ac051e6ad498bdfa38fa2cc7416d4af7b8bbf877e6f085772f5',
  );
});

test('the rate of an exponential curve is in the key where the curve uses it', async () => {
  const linear = await keyOf({ coto: {} });
  expect(await keyOf({ coto: { exponential_rate: 5 } })).toBe(linear);
  const exponential = { curve: 'exponential' };
  const [usual, former] = await Promise.all([
    keyOf({ coto: exponential }),
    keyOf({ coto: { ...exponential, exponential_rate: 5 } }),
  ]);
  expect(usual).not.toBe(former);
});

test('a schedule keeps its key under the id that it had first, and rescaling is in the key where it is on', async () => {
  const keyOfSchedule = (coto: object) => trainingKeyOn(runConfigSchema.parse({ coto }), modelRecord, 'content');
  const recorded = runConfigSchema.parse({ model: 'base', dataset: 'data', coto: { schedule: 'droplora' } });
  const model = { ...modelRecord, description: { ...modelRecord.description, fingerprint: 'f' } };
  expect(recorded.coto?.schedule).toBe('random-ranks');
  expect(trainingKeyOn(recorded, model, 'content')).toBe(
    'f9e146c6a1f8ca8c836132aed6aa35b4b8b3cd12fd1ebfd2c3f792b83dd8b5cd',
  );
  expect(keyOfSchedule({ schedule: 'random-ranks' })).toBe(keyOfSchedule({ schedule: 'droplora' }));
  expect(keyOfSchedule({ rescale: 'none' })).toBe(keyOfSchedule({}));
  expect(keyOfSchedule({ rescale: 'inverse_survival' })).not.toBe(keyOfSchedule({}));
});

test('a later setting is in the key where it differs from its default', async () => {
  const keys = await Promise.all(
    [
      {},
      { max_train_samples: 5 },
      { validation_samples: 5 },
      { validation_samples: 5, eval_split: 'validation' },
      { early_stopping_patience: 2 },
      { group_by_length: true },
      { greater_is_better: true },
      { greater_is_better: false },
      { augmentation: { horizontal_flip: true } },
    ].map(keyOf),
  );
  expect(new Set(keys).size).toBe(keys.length);
  expect(await keyOf({ max_train_samples: 0, greater_is_better: null })).toBe(keys[0]);
});

test('the key does not depend on how often a checkpoint is saved by time', async () => {
  expect(await keyOf({ save_minutes: 0 })).toBe(await keyOf({}));
});

test('a batch that memory splits has one key, however it is split', async () => {
  const keyOfSplit = (size: number, accumulation: number, auto: boolean) =>
    keyOf({
      per_device_train_batch_size: size,
      gradient_accumulation_steps: accumulation,
      auto_find_batch_size: auto,
    });
  expect(await keyOfSplit(8, 4, true)).toBe(await keyOfSplit(1, 32, true));
  expect(await keyOfSplit(8, 4, true)).not.toBe(await keyOfSplit(8, 2, true));
  expect(await keyOfSplit(8, 4, false)).not.toBe(await keyOfSplit(1, 32, false));
});
