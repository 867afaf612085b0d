import { expect, test } from 'vitest';
import { quitButton, quitQuestion } from '../../src-main/shell/quit-question.ts';

const training = { title: 'Train LoRA', pauses: true };
const merge = { title: 'Merge two', pauses: false };

test('nothing is asked where nothing runs', () => {
  expect(quitQuestion([])).toBeNull();
});

test('a training is paused, and keeping it running is what Enter and Escape do', () => {
  const question = quitQuestion([training]);
  expect(question).toMatchObject({
    message: '"Train LoRA" is still running.',
    detail: 'It is paused if you quit now, and can be resumed from Home at the next start.',
    defaultId: 0,
    cancelId: 0,
  });
  expect(question?.buttons?.[0]).toBe('Keep running');
  expect(question?.buttons?.[quitButton]).toBe('Pause and quit');
});

test('what cannot be paused is said to be lost', () => {
  expect(quitQuestion([merge])).toMatchObject({
    detail: 'It is cancelled if you quit now, and has to be started again.',
    buttons: ['Keep running', 'Quit anyway'],
  });
  const question = quitQuestion([training, ...Array.from({ length: 6 }, () => merge)]);
  expect(question?.message).toBe('7 jobs are still running.');
  expect(question?.detail).toMatch(
    /• Train LoRA\n• Merge two.*and 2 more.*Trainings are paused.*other jobs are cancelled/s,
  );
});
