import { expect, test } from 'vitest';
import {
  fieldsOfMethod,
  firstChoices,
  gridFromText,
  patternChoices,
  studyParts,
  toggled,
} from '../../../../src-renderer/features/prune/patterns.ts';
import type { Catalog } from '../../../../src-shared/domain/app/catalog.ts';
import type { ParameterSpec } from '../../../../src-shared/domain/parameters/parameter.ts';

test('the declared patterns can be ticked; a method without patterns and grid is one by itself, one with a grid none', () => {
  const bare = { summary: '', parameters: [], patterns: [], grid: null };
  const patterns = patternChoices([
    {
      ...bare,
      id: 'layer-third',
      label: 'One third',
      patterns: [
        { label: 'Low third', parameters: { third: 'low' }, usual: true },
        { label: 'High third', parameters: { third: 'high' }, usual: false },
      ],
    },
    { ...bare, id: 'half', label: 'Half' },
    {
      ...bare,
      id: 'magnitude',
      label: 'Magnitude',
      grid: { parameter: 'sparsity', values: [], label: '', percent: true, axis: '', unchanged: 0 },
    },
  ]);
  expect(patterns).toEqual([
    { key: 'layer-third/0', label: 'Low third', method: 'layer-third', parameters: { third: 'low' }, usual: true },
    { key: 'layer-third/1', label: 'High third', method: 'layer-third', parameters: { third: 'high' }, usual: false },
    { key: 'half', label: 'Half', method: 'half', parameters: {}, usual: true },
  ]);
});

const sparsity: ParameterSpec = {
  name: 'sparsity',
  label: 'Sparsity',
  type: 'number',
  default: 0.5,
  minimum: 0,
  maximum: 1,
  help: '',
};
const rank: ParameterSpec = { name: 'rank', label: 'Rank', type: 'integer', default: 4, minimum: 1, help: '' };

test('a grid is numbers that its parameter takes, or percent, in rising order', () => {
  expect(gridFromText(sparsity, '0.9, 25 % 0.5 0.5')).toEqual([0.25, 0.5, 0.9]);
  expect(gridFromText(sparsity, '')).toEqual([]);
  expect(gridFromText(sparsity, '1.5')).toBeNull();
  expect(gridFromText(sparsity, 'half')).toBeNull();
  expect(gridFromText(rank, '4 1 2')).toEqual([1, 2, 4]);
  expect(gridFromText(rank, '1.5')).toBeNull();
});

const methods: Catalog['pruneMethods'] = [
  {
    id: 'every-other-layer',
    label: 'Every other layer',
    summary: '',
    patterns: [
      { label: 'Even', parameters: { keep: 'even' }, usual: true },
      { label: 'Odd', parameters: { keep: 'odd' }, usual: false },
    ],
    grid: null,
    parameters: [
      {
        name: 'keep',
        label: 'Keep',
        type: 'choice',
        default: 'even',
        choices: [
          { value: 'even', label: 'Even' },
          { value: 'odd', label: 'Odd' },
        ],
        help: '',
      },
      { name: 'offset', label: 'Offset', type: 'integer', default: 0, minimum: 0, help: '' },
    ],
  },
  {
    id: 'magnitude',
    label: 'Magnitude',
    summary: '',
    patterns: [],
    grid: {
      parameter: 'sparsity',
      values: [0.25, 0.5, 0.75, 0.9],
      label: '{value} zeroed',
      percent: true,
      axis: 'zeroed',
      unchanged: 0,
    },
    parameters: [
      sparsity,
      {
        name: 'scope',
        label: 'Scope',
        type: 'choice',
        default: 'tensor',
        choices: [
          { value: 'tensor', label: 'Tensor' },
          { value: 'global', label: 'Global' },
        ],
        help: '',
      },
    ],
  },
];

test('every parameter that is no grid and no pattern has a field', () => {
  expect(methods.map((method) => fieldsOfMethod(method).map(({ name }) => name))).toEqual([['offset'], ['scope']]);
});

test('choices become patterns and grids', () => {
  const patterns = patternChoices(methods);
  expect(studyParts(methods, firstChoices)).toEqual({
    patterns: [{ method: 'every-other-layer', parameters: { keep: 'even' } }],
    grids: [{ method: 'magnitude', parameters: {}, values: [0.25, 0.5, 0.75, 0.9] }],
  });
  const choices = {
    ...toggled(patterns, firstChoices, 'every-other-layer/1'),
    grids: { magnitude: '50 %' },
    parameters: { 'every-other-layer': { offset: 1 }, magnitude: { scope: 'global' } },
  };
  expect(studyParts(methods, choices)).toEqual({
    patterns: [
      { method: 'every-other-layer', parameters: { keep: 'even', offset: 1 } },
      { method: 'every-other-layer', parameters: { keep: 'odd', offset: 1 } },
    ],
    grids: [{ method: 'magnitude', parameters: { scope: 'global' }, values: [0.5] }],
  });
  expect(studyParts(methods, { ...firstChoices, grids: { magnitude: '2' } })).toBe(
    'Magnitude: Sparsity: enter numbers from 0 to 1, or percent.',
  );
  expect(studyParts(methods, { ...firstChoices, parameters: { 'every-other-layer': { offset: -1 } } })).toBe(
    'Every other layer: Offset: Must be at least 0.',
  );
});
