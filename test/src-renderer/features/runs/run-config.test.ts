import { expect, test } from 'vitest';
import { settingRows } from '../../../../src-renderer/features/runs/run-config.tsx';
import { runConfigSchema, runInfoSchema } from '../../../../src-shared/domain/run.ts';
import { catalog } from '../../fake-backend.ts';

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
