import fs, { copyFileSync, cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { temporaryFolder } from './support.ts';

const { openSync, fsyncSync } = fs;

/**
 * From now on, keeps the database of a home as it was at the last sync of its log: the least that a disk has after a loss of
 * power. Returns how to lose the power, which gives a copy of the home, and how to end this.
 */
export function keepSynced(home: string): { losePower(): string; restore(): void } {
  const database = join(home, 'studio.sqlite');
  const log = `${database}-wal`;
  const kept = temporaryFolder();
  const logs = new Set<number>();
  const keep = (): void => {
    for (const file of [database, log])
      if (existsSync(file)) copyFileSync(file, join(kept, file === log ? 'log' : 'database'));
  };
  fs.openSync = (path, ...rest) => {
    const descriptor = openSync(path, ...rest);
    if (path === log) logs.add(descriptor);
    else logs.delete(descriptor);
    return descriptor;
  };
  fs.fsyncSync = (descriptor) => {
    fsyncSync(descriptor);
    if (logs.has(descriptor)) keep();
  };
  syncBuiltinESMExports();
  keep();
  return {
    losePower() {
      const copy = join(temporaryFolder(), 'home');
      mkdirSync(copy);
      cpSync(home, copy, { recursive: true });
      for (const name of ['studio.sqlite-shm', 'studio.sqlite-wal', 'backend.lock', 'backend.pid'])
        rmSync(join(copy, name), { force: true });
      copyFileSync(join(kept, 'database'), join(copy, 'studio.sqlite'));
      if (existsSync(join(kept, 'log'))) copyFileSync(join(kept, 'log'), join(copy, 'studio.sqlite-wal'));
      return copy;
    },
    restore() {
      fs.openSync = openSync;
      fs.fsyncSync = fsyncSync;
      syncBuiltinESMExports();
    },
  };
}
