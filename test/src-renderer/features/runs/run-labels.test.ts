import { expect, test } from 'vitest';
import { resumeLabel } from '../../../../src-renderer/features/runs/run-labels.ts';
import { runRecord } from '../../../backend/reports/records.ts';

test('a run refused for changed files is resumed after a question, on every page', () => {
  const error = { code: 'inputs_changed', message: 'The dataset "reviews" has changed.', hint: null } as const;
  const run = { ...runRecord('a', 1, true, 0.7, 300), status: 'failed' } as const;
  expect(resumeLabel({ ...run, error })).toBe('Resume anyway…');
  expect(resumeLabel({ ...run, error: { ...error, code: 'disk_full' } })).toBe('Try again');
});
