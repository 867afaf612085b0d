import { expect, test } from 'vitest';
import { methodChoice } from '../../../../src-renderer/features/merge/use-merge-panel.ts';
import { interpolationStudy } from '../../../../src-shared/studies/interpolation/interpolation.ts';
import { mergingStudy } from '../../../../src-shared/studies/merging/merging.ts';

const ties = { id: 'ties', makes: 'adapter' } as const;

test('a study of the bench takes its merge method, if it takes one', () => {
  expect(methodChoice(interpolationStudy, ties, { density: 0.5 })).toEqual({
    parameters: { method: 'ties' },
    methodParameters: { density: 0.5 },
  });
  expect(methodChoice(mergingStudy, ties, { density: 0.5 })).toEqual({ parameters: {} });
});

test('a method that merges outputs makes no curve of its own: the ensemble is drawn anyway', () => {
  expect(methodChoice(interpolationStudy, { id: 'ensemble', makes: 'outputs' }, {})).toEqual({ parameters: {} });
  expect(methodChoice(interpolationStudy, undefined, {})).toEqual({ parameters: {} });
});
