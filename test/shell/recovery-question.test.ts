import { expect, test } from 'vitest';
import { recoveryAnswers, recoveryQuestion } from '../../src-main/shell/recovery-question.ts';

const failed = (code: 'damaged_home' | 'refused') =>
  ({
    status: 'failed',
    generation: 1,
    error: { code, message: '/home/studio.sqlite is damaged: page 3.', hint: null, details: null },
  }) as const;

test('asks about a damaged database, and about no other reason that keeps the backend from starting', () => {
  const question = recoveryQuestion(failed('damaged_home'));
  expect(question?.detail).toMatch(/^\/home\/studio\.sqlite is damaged: page 3\..*Nothing is deleted/s);
  expect(question?.buttons).toHaveLength(recoveryAnswers.length);
  expect(recoveryAnswers[question?.cancelId ?? 0]).toBe('quit');
  expect(recoveryAnswers[question?.defaultId ?? 2]).toBe('restore');
  expect(recoveryQuestion(failed('refused'))).toBeNull();
  expect(recoveryQuestion({ status: 'ready', generation: 1, error: null })).toBeNull();
});
