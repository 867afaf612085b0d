import { expect, test } from 'vitest';
import { methodChoice, studyRefusal } from '../../../../src-renderer/features/merge/use-merge-panel.ts';
import { interpolationStudy } from '../../../../src-shared/studies/interpolation.ts';
import { mergingStudy } from '../../../../src-shared/studies/merging.ts';

test('a study of the bench does what the bench says, whatever method is chosen', () => {
  expect(methodChoice(interpolationStudy, 'weight-average', { normalize: false })).toEqual({
    parameters: { method: 'weight-average' },
    methodParameters: { normalize: false },
  });
  expect(methodChoice(mergingStudy, 'weight-average', { normalize: false })).toEqual({ parameters: {} });
});

test('only what a method can do is offered', () => {
  const ensemble = { makes: 'outputs', label: 'Output ensemble' } as const;
  const average = { makes: 'adapter', label: 'Factor average' } as const;
  expect(studyRefusal(interpolationStudy, ensemble, null, false)).toMatch(/Output ensemble merges outputs/);
  expect(studyRefusal(interpolationStudy, average, null, false)).toBeNull();
  expect(studyRefusal(interpolationStudy, average, null, true)).toMatch(/preflight/);
  expect(studyRefusal(interpolationStudy, average, 'Density must be above 0.', false)).toBe('Density must be above 0.');
  // It compares methods of its own.
  expect(studyRefusal(mergingStudy, ensemble, null, true)).toBeNull();
});
