import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Background, idleMilliseconds } from '../../src-main/shell/background.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const job = { title: 'Train LoRA', pauses: true, done: 0.5 };

/** A background with a window that keeps a list of what was done to it. */
function backgroundWith({ hasWindow = true } = {}) {
  const calls: string[] = [];
  const did = (name: string) => () => void calls.push(name);
  const window = {
    show: did('show'),
    hide: did('hide'),
    focus: did('focus'),
    restore: did('restore'),
    isMinimized: () => false,
  };
  const background = new Background({
    windows: () => (hasWindow ? [window, { ...window, show: did('show other'), hide: did('hide other') }] : []),
    tray: { show: (jobs) => void calls.push(`tray: ${jobs.length}`), hide: did('no tray') },
    open: did('open'),
    quit: did('quit'),
  });
  return { background, calls };
}

test('the windows are hidden and come back; the tray is there in between', () => {
  const { background, calls } = backgroundWith();
  background.update([job]);
  expect(calls).toEqual([]);
  background.enter();
  expect(calls.splice(0)).toEqual(['hide', 'hide other', 'tray: 1']);
  background.leave();
  expect(calls.splice(0)).toEqual(['no tray', 'show other', 'show', 'focus']);
  // Not hidden, it brings the one in front alone.
  background.leave();
  expect(calls.splice(0)).toEqual(['no tray', 'show', 'focus']);
  background.update([]);
  expect(calls).toEqual([]);
});

test('the app quits a while after the last job, but not if another begins or the window is opened', () => {
  const { background, calls } = backgroundWith();
  background.update([job]);
  background.enter();
  background.update([]);
  vi.advanceTimersByTime(idleMilliseconds - 1);
  background.update([job]);
  vi.advanceTimersByTime(2 * idleMilliseconds);
  expect(calls).not.toContain('quit');
  background.update([]);
  background.leave();
  vi.advanceTimersByTime(2 * idleMilliseconds);
  expect(calls).not.toContain('quit');
  background.enter();
  vi.advanceTimersByTime(idleMilliseconds);
  expect(calls.filter((call) => call === 'quit')).toHaveLength(1);
});

test('opens a window if there is none', () => {
  const { background, calls } = backgroundWith({ hasWindow: false });
  background.leave();
  expect(calls).toContain('open');
});
