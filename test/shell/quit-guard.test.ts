import { beforeEach, expect, test, vi } from 'vitest';
import { QuitGuard } from '../../src-main/shell/quit-guard.ts';
import { quitButton } from '../../src-main/shell/quit-question.ts';

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

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('quitting is asked about once while something runs, and goes on where it is agreed to', async () => {
  const guard = new QuitGuard();
  expect(guard.mayQuit(undefined)).toBe(true);
  guard.jobs = [{ title: 'Train', pauses: true }];
  expect(guard.mayQuit(undefined)).toBe(false);
  expect(guard.mayQuit(undefined)).toBe(false);
  expect(shell.asked).toBe(1);
  shell.answer(0);
  await settled();
  expect(shell.quits).toBe(0);
  expect(guard.mayQuit(undefined)).toBe(false);
  shell.answer(quitButton);
  await settled();
  expect(shell.quits).toBe(1);
  expect(guard.mayQuit(undefined)).toBe(true);
});

test('a signal is not asked about', () => {
  const guard = new QuitGuard();
  guard.jobs = [{ title: 'Train', pauses: true }];
  guard.quitUnasked();
  expect(guard.mayQuit(undefined)).toBe(true);
  expect([shell.asked, shell.quits]).toEqual([0, 1]);
});
