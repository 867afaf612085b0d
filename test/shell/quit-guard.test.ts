import { beforeEach, expect, test, vi } from 'vitest';
import { QuitGuard } from '../../src-main/shell/quit-guard.ts';
import { quitButtons } from '../../src-main/shell/quit-question.ts';

const shell = vi.hoisted(() => ({ quits: 0, asked: 0, answer: (response: number): void => void response }));

vi.mock('electron', () => ({
  app: { quit: () => shell.quits++ },
  dialog: {
    showMessageBox: () => {
      shell.asked++;
      return new Promise((resolve) => {
        shell.answer = (response) => resolve({ response, checkboxChecked: false });
      });
    },
  },
}));

beforeEach(() => {
  shell.quits = 0;
  shell.asked = 0;
});

const training = { title: 'Train', pauses: true, done: null };
/** A guard, and how often it sent the app to the background. */
function guardWith(jobs: QuitGuard['jobs']) {
  const calls = { background: 0 };
  const guard = new QuitGuard(() => calls.background++);
  guard.jobs = jobs;
  return { guard, calls };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('quitting is asked about once while something runs, and goes on where it is agreed to', async () => {
  const { guard } = guardWith([]);
  expect(guard.mayQuit(undefined)).toBe(true);
  guard.jobs = [training];
  expect(guard.mayQuit(undefined)).toBe(false);
  expect(guard.mayQuit(undefined)).toBe(false);
  expect(shell.asked).toBe(1);
  shell.answer(quitButtons.cancel);
  await settled();
  expect(shell.quits).toBe(0);
  expect(guard.mayQuit(undefined)).toBe(false);
  shell.answer(quitButtons.quit);
  await settled();
  expect(shell.quits).toBe(1);
  expect(guard.mayQuit(undefined)).toBe(true);
});

test('a signal is not asked about', () => {
  const { guard } = guardWith([training]);
  guard.quitUnasked();
  expect(guard.mayQuit(undefined)).toBe(true);
  expect([shell.asked, shell.quits]).toEqual([0, 1]);
});

test('goes to the background if the work continues, and asks again the next time', async () => {
  const { guard, calls } = guardWith([training]);
  expect(guard.mayQuit(undefined)).toBe(false);
  shell.answer(quitButtons.background);
  await settled();
  expect([calls.background, shell.quits]).toEqual([1, 0]);
  expect(guard.mayQuit(undefined)).toBe(false);
  expect(shell.asked).toBe(2);
});
