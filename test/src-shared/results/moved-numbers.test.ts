import { expect, test } from 'vitest';
import { compareResults, largestMove } from '../../../src-shared/results/moved-numbers.ts';

const table = {
  title: 'Accuracy (%)',
  columns: ['Cell', 'Mean', '95 %'],
  rows: [
    ['LoRA', '76.7', '76.1 to 77.3'],
    ['CoTo', '76.1', '75.9 to 76.3'],
  ],
};
const saved = {
  config: { kind: 'ablation', seeds: [1, 2] },
  result: { examples: 100, outcomes: [{ label: 'Alone', values: [0.767, 0.761] }], tuning: null },
  tables: [table],
  provenance: null,
};

test('a result is equal to itself', () => {
  expect(compareResults(saved, structuredClone(saved))).toEqual({
    numbers: 3,
    moved: [],
    cells: [],
    settings: [],
    adapters: { compared: 0, changed: [] },
    made: [],
  });
});

test('a number that moved is named by its path, its cell by row and column', () => {
  const moved = structuredClone(saved);
  const [outcome] = moved.result.outcomes;
  if (outcome) outcome.values = [0.769, 0.761];
  moved.tables = [{ ...table, rows: [['LoRA', '76.9', '76.1 to 77.3'], table.rows[1] ?? []] }];
  const comparison = compareResults(saved, moved);
  expect(comparison.moved).toEqual([{ path: 'outcomes[0].values[0]', expected: 0.767, found: 0.769 }]);
  expect(largestMove(comparison.moved)?.path).toBe('outcomes[0].values[0]');
  expect(comparison.cells).toEqual([
    { table: 'Accuracy (%)', row: 'LoRA', column: 'Mean', expected: '76.7', found: '76.9' },
  ]);
  expect(compareResults(saved, moved, 0.0021).moved).toEqual([]);
  expect(compareResults(saved, moved, 0.0019).moved).toHaveLength(1);
});

test('values that only one result has have moved, whatever the tolerance', () => {
  const fewer = { ...saved, result: { examples: 100, outcomes: [{ label: 'Alone', values: [0.767] }], tuning: null } };
  expect(compareResults(saved, fewer, 1).moved).toEqual([
    { path: 'outcomes[0].values[1]', expected: 0.761, found: null },
  ]);
  expect(compareResults(fewer, saved, 1).moved).toEqual([
    { path: 'outcomes[0].values[1]', expected: null, found: 0.761 },
  ]);
});

test('a study with other settings is told apart from moved numbers', () => {
  const other = { ...saved, config: { kind: 'ablation', seeds: [1, 3] } };
  expect(compareResults(saved, other)).toMatchObject({
    moved: [],
    settings: [{ path: 'seeds[1]', expected: 2, found: 3 }],
  });
});

test('adapters and origins that differ are named', () => {
  const provenance = {
    version: '0.2.0',
    commit: 'a'.repeat(40),
    node: '24',
    platform: 'linux x64',
    cpu: 'one',
    cores: 2,
    memoryBytes: 1,
    backend: { id: 'native', device: 'AVX-512' },
    threads: 2,
    trainedOn: [],
    bases: [],
    datasets: [],
    adapters: [
      { name: 'LoRA', sha256: '1', seed: 1 },
      { name: 'LoRA', sha256: '2', seed: 2 },
    ],
    seeds: [1, 2],
    parts: [],
  };
  const later = {
    ...provenance,
    backend: { id: 'native', device: 'AVX2' },
    adapters: [{ name: 'LoRA', sha256: '3', seed: 1 }, provenance.adapters[1] ?? { name: '', sha256: '', seed: null }],
  };
  const { adapters, made } = compareResults({ ...saved, provenance }, { ...saved, provenance: later });
  expect(adapters).toEqual({ compared: 2, changed: ['LoRA, seed 1'] });
  expect(made).toEqual(['backend: native (AVX-512) → native (AVX2)']);
});
