import { lstatSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isBackupDue, keepBackup, listBackups, newTemporary } from '../../src-main/store/backups.ts';

const day = 24 * 60 * 60 * 1000;
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coto-backups-'));
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1) });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

function backUp(kind: 'daily' | 'before-migration'): string {
  const temporary = newTemporary(folder);
  writeFileSync(temporary, 'copy');
  return keepBackup(temporary, folder, kind);
}

test('the newest three of each kind are kept', () => {
  const migration = backUp('before-migration');
  const daily = Array.from({ length: 5 }, () => {
    vi.advanceTimersByTime(day);
    return backUp('daily');
  });
  expect(listBackups(folder).map(({ path }) => path)).toEqual([...daily.slice(2).reverse(), migration]);
});

test('one is due after a day, and where the clock was set back', () => {
  expect(isBackupDue(folder)).toBe(true);
  backUp('daily');
  expect(isBackupDue(folder, Date.now() + day - 1)).toBe(false);
  expect(isBackupDue(folder, Date.now() + day)).toBe(true);
  expect(isBackupDue(folder, Date.now() - 2 * day)).toBe(true);
});

test('the next backup removes leftovers of a killed process', () => {
  writeFileSync(newTemporary(folder), 'half');
  const path = backUp('daily');
  expect(listBackups(folder)).toMatchObject([{ path }]);
});

test('a link is no backup, and stays', () => {
  const path = backUp('daily');
  const link = join(folder, 'studio-2026-03-01T00-00-00-000Z-daily.sqlite');
  symlinkSync(path, link);
  expect(listBackups(folder)).toMatchObject([{ path }]);
  for (let copy = 0; copy < 4; copy++) {
    vi.advanceTimersByTime(day);
    backUp('daily');
  }
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
});
