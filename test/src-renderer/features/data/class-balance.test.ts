import { expect, it } from 'vitest';
import { balanceWords, classBalanceFigure } from '../../../../src-renderer/features/data/class-balance.ts';
import type { DatasetDescription } from '../../../../src-shared/domain/data/dataset.ts';

const description: DatasetDescription = {
  task: 'image-classification',
  text: null,
  labels: ['cat', '<b>dog</b>'],
  image: { height: 28, width: 28, channels: 1 },
  splits: [
    { name: 'train', exampleCount: 5, perLabel: [2, 3] },
    { name: 'test', exampleCount: 1, perLabel: [1, 0] },
  ],
  problems: [],
  sizeBytes: 1,
};

it('draws a bar for each class and split, from zero', () => {
  const { data, layout } = classBalanceFigure(description, { dark: false });
  expect(data.map((trace) => [trace.name, trace.y])).toEqual([
    ['train', [2, 3]],
    ['test', [1, 0]],
  ]);
  expect(layout.yaxis).toMatchObject({ rangemode: 'tozero' });
});

it('shows a class name as it is typed, never as markup', () => {
  const { data } = classBalanceFigure(description, { dark: true });
  expect(data[0]?.x).toEqual(['cat', '&lt;b&gt;dog&lt;/b&gt;']);
});

it('counts words where each word has a tag', () => {
  expect(balanceWords({ text: { labelKind: 'tags' } })).toEqual({ title: 'Tags', unit: 'words' });
  expect(balanceWords({ text: { labelKind: 'classes' } }).unit).toBe('examples');
});
