import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keptDumps, listDumps, removeOldDumps } from '../../src-main/files/crash-dumps.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coto-crashes-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a dump of the given age, with the note that Crashpad keeps beside it. */
function writeDump(state: string, name: string, minutes: number): void {
  mkdirSync(join(folder, state), { recursive: true });
  const writtenAt = new Date(Date.UTC(2026, 0, 1) - minutes * 60_000);
  for (const ending of ['dmp', 'meta']) {
    const path = join(folder, state, `${name}.${ending}`);
    writeFileSync(path, 'MDMP');
    utimesSync(path, writtenAt, writtenAt);
  }
}

describe('crash reports', () => {
  it('are listed from every folder of Crashpad, newest first', () => {
    writeDump('pending', 'b', 2);
    writeDump('completed', 'a', 1);
    writeDump('new', 'c', 3);
    writeFileSync(join(folder, 'settings.dat'), '');
    const found = listDumps(folder);
    expect(found.map(({ name }) => name)).toEqual(['a.dmp', 'b.dmp', 'c.dmp']);
    expect(found[0]).toMatchObject({ bytes: 4, writtenAt: Date.UTC(2026, 0, 1) - 60_000 });
  });

  it('are removed beyond their number, the oldest first, with their notes', () => {
    for (let index = 0; index < keptDumps + 3; index++) writeDump('pending', `dump-${index}`, index);
    removeOldDumps(folder);
    expect(listDumps(folder).map(({ name }) => name)).toEqual(
      Array.from({ length: keptDumps }, (_, index) => `dump-${index}.dmp`),
    );
    expect(readdirSync(join(folder, 'pending'))).toHaveLength(2 * keptDumps);
  });

  it('are neither listed nor removed through a link', () => {
    const victim = mkdtempSync(join(tmpdir(), 'coto-victim-'));
    writeFileSync(join(victim, 'own.dmp'), '');
    symlinkSync(victim, join(folder, 'pending'));
    expect(listDumps(folder)).toEqual([]);
    symlinkSync(victim, join(folder, 'crashes'));
    expect(listDumps(join(folder, 'crashes'))).toEqual([]);
    removeOldDumps(folder);
    expect(existsSync(join(victim, 'own.dmp'))).toBe(true);
    rmSync(victim, { recursive: true });
  });

  it('are none without the folder', () => {
    expect(listDumps(join(folder, 'missing'))).toEqual([]);
  });
});
