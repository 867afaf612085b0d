import { expect, test } from 'vitest';
import { publishedTables } from '../../../src-main/backend/reports/comparison-table.ts';
import { comparisonRow } from '../../../src-shared/results/comparison-row.ts';

const row = (id: string, label: string, values: readonly (readonly [coto: number, without: number])[]) =>
  comparisonRow(id, label, 'percent', 'higher', (coto) =>
    values.map(([withCoto, without], at) => ({ seed: at, value: coto ? withCoto : without })),
  );

test('a report sets its differences beside those of the paper, and tells a small one from one that is not shown', () => {
  const [table, ...others] = publishedTables([
    row('pattern/High third', 'High third', [
      [0.74, 0.64],
      [0.75, 0.66],
      [0.73, 0.62],
    ]),
    row('grid/magnitude/50 % zeroed', '50 % zeroed', [
      [0.761, 0.76],
      [0.76, 0.76],
      [0.759, 0.76],
    ]),
    row('step', 'Step time', [[1, 2]]),
  ]);
  expect(others).toEqual([]);
  expect(table?.rows.map(({ cells }) => cells)).toEqual([
    [
      'High third',
      'CLIP ViT-B/16, DTD',
      "authors' rebuttal",
      '+9.9',
      '+10.0 ± 2.5',
      'within the interval',
      'not shown, p 0.998',
    ],
    [
      '50 % zeroed',
      'unstructured pruning',
      'third-party note on the paper',
      '+10.0',
      '0.0 ± 0.2',
      'not seen',
      'yes, p 0.002',
    ],
  ]);
});

test('a report without such rows has no such table', () => {
  expect(publishedTables([row('contribution/half', 'Half of the adapters on', [[0.5, 0.4]])])).toEqual([]);
});
