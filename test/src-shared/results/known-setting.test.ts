import { expect, test } from 'vitest';
import { type RunRecord, runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { groupDifferences } from '../../../src-shared/results/config-differences.ts';
import { groupLabels } from '../../../src-shared/results/group-labels.ts';
import { knownSetting, knownSettings } from '../../../src-shared/results/known-setting.ts';
import { groupRuns } from '../../../src-shared/results/run-groups.ts';

const own: RunRecord = {
  ...{ id: 'own', name: 'own', config: runConfigSchema.parse({ seed: 5 }), folder: 'runs/own' },
  ...{ modelId: 'base', datasetId: 'data', status: 'completed', tags: [], note: '', starred: false, archived: false },
  ...{ studyId: null, step: 3, facts: null, result: null, adapterId: null, error: null, checkpoints: [] },
  ...{ createdAt: 1, startedAt: null, finishedAt: null },
};
const imported: RunRecord = {
  ...own,
  ...{ id: 'imported', name: 'elsewhere', modelId: '', datasetId: '' },
  config: runConfigSchema.parse({ learning_rate: 0.25, adapter: { variant: 'imported' } }),
  origin: { format: 'trackio', path: '/p.db', run: 'elsewhere', settings: { learning_rate: 0.25, dropout: 0.1 } },
};

test('a setting of an imported run is known if its file has it', () => {
  expect([knownSetting(own, 'seed'), knownSetting(own, 'learning_rate')]).toEqual([5, 0.001]);
  expect([knownSetting(imported, 'seed'), knownSetting(imported, 'learning_rate')]).toEqual([null, 0.25]);
  expect(knownSettings(own)).toBe(own.config);
  expect(knownSettings(imported)).toEqual({ learning_rate: 0.25 });
});

test('imported runs are compared by what is known of them, under their own names, and never folded', () => {
  const twin = { ...imported, id: 'twin', name: 'elsewhere too' };
  const groups = groupRuns([own, imported, twin]);
  expect(groups.map(({ runs }) => runs.length)).toEqual([1, 1, 1]);
  expect([...groupLabels(groups, () => 'LoRA').values()].sort()).toEqual(['LoRA', 'elsewhere', 'elsewhere too']);
  const rows = groupDifferences(groups.map(({ runs }) => runs.map(knownSettings)));
  const rate = rows.find(({ name }) => name === 'learning_rate');
  expect(rate?.values).toEqual(['0.001', '0.25', '0.25']);
  expect(rows.find(({ name }) => name === 'seed')?.values).toEqual(['5', null, null]);
});
