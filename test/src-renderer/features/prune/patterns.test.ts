import { expect, test } from 'vitest';
import { patternChoices, sparsitiesFromText } from '../../../../src-renderer/features/prune/patterns.ts';

test('a method with a choice is one pattern a value, one without a pattern by itself, one with a grid none', () => {
  const patterns = patternChoices([
    {
      id: 'layer-third',
      label: 'One third',
      summary: '',
      grid: null,
      parameters: [
        {
          name: 'third',
          label: 'Third',
          type: 'choice',
          default: 'low',
          choices: [
            { value: 'low', label: 'Low' },
            { value: 'high', label: 'High' },
          ],
          help: '',
        },
      ],
    },
    { id: 'half', label: 'Half', summary: '', grid: null, parameters: [] },
    { id: 'magnitude', label: 'Magnitude', summary: '', grid: 'sparsity', parameters: [] },
  ]);
  expect(patterns).toEqual([
    { key: 'layer-third/low', label: 'Low', group: 'One third', method: 'layer-third', parameters: { third: 'low' } },
    {
      key: 'layer-third/high',
      label: 'High',
      group: 'One third',
      method: 'layer-third',
      parameters: { third: 'high' },
    },
    { key: 'half', label: 'Half', group: null, method: 'half', parameters: {} },
  ]);
});

test('sparsities are shares or percent, in rising order', () => {
  expect(sparsitiesFromText('0.9, 25 % 0.5 0.5')).toEqual([0.25, 0.5, 0.9]);
  expect(sparsitiesFromText('')).toEqual([]);
  expect(sparsitiesFromText('1.5')).toBeNull();
  expect(sparsitiesFromText('half')).toBeNull();
});
