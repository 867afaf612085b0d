import { expect, test } from 'vitest';
import { quitButtons, quitLabel, quitQuestion } from '../../src-main/shell/quit-question.ts';

const training = { title: 'Train LoRA', pauses: true, done: 0.5 };
const merge = { title: 'Merge two', pauses: false, done: null };

test('nothing is asked where nothing runs', () => {
  expect(quitQuestion([])).toBeNull();
});

test('a training is paused if it is not kept running, which is what Enter does', () => {
  const question = quitQuestion([training]);
  expect(question).toMatchObject({
    message: '"Train LoRA" is still running.',
    detail: expect.stringContaining('It is paused if you quit now, and can be resumed from Home at the next start.\n'),
    defaultId: quitButtons.background,
    cancelId: quitButtons.cancel,
    buttons: ['Pause and quit', 'Keep running in the background', 'Cancel'],
  });
});

test('warns that jobs without a pause are lost', () => {
  expect(quitQuestion([merge])).toMatchObject({
    detail: expect.stringContaining('It is cancelled if you quit now, and has to be started again.\n'),
    buttons: ['Quit anyway', 'Keep running in the background', 'Cancel'],
  });
  expect(quitLabel([])).toBe('Quit');
  const question = quitQuestion([training, ...Array.from({ length: 6 }, () => merge)]);
  expect(question?.message).toBe('7 jobs are still running.');
  expect(question?.detail).toMatch(
    /• Train LoRA\n• Merge two.*and 2 more.*Trainings are paused.*other jobs are cancelled/s,
  );
});
