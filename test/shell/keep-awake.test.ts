import { expect, test, vi } from 'vitest';
import { KeepAwake } from '../../src-main/shell/keep-awake.ts';

const blockers = vi.hoisted(() => ({ next: 0, active: new Map<number, string>() }));

vi.mock('electron', () => ({
  powerSaveBlocker: {
    start: (type: string) => {
      blockers.active.set(blockers.next, type);
      return blockers.next++;
    },
    stop: (id: number) => blockers.active.delete(id),
  },
}));

test('sleep is prevented once while work goes on, and allowed after it', () => {
  const keepAwake = new KeepAwake();
  keepAwake.set(false);
  expect(blockers.active.size).toBe(0);
  keepAwake.set(true);
  keepAwake.set(true);
  expect([...blockers.active.values()]).toEqual(['prevent-app-suspension']);
  keepAwake.set(false);
  expect(blockers.active.size).toBe(0);
});
