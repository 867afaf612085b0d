import { lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { entriesIn } from './below.ts';

/** The folder of crash reports in a home. */
export const crashFolder = 'crashes';
/** Number of crash reports kept; the oldest go first. */
export const keptDumps = 10;

/** A minidump that Crashpad wrote when a process of the app crashed. */
export interface CrashDump {
  /** A random id with `.dmp`. */
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly writtenAt: number;
}

/** Lists the dumps in Crashpad's folders, newest first. A link is never followed. */
export function listDumps(folder: string): CrashDump[] {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return entriesIn(folder)
    .folders.flatMap((state) => entriesIn(join(folder, state)).names.map((name) => ({ state, name })))
    .flatMap(({ state, name }) => {
      if (!name.endsWith('.dmp')) return [];
      const path = join(folder, state, name);
      const found = lstatSync(path, { throwIfNoEntry: false });
      return found?.isFile() ? [{ name, path, bytes: found.size, writtenAt: found.mtimeMs }] : [];
    })
    .sort((one, other) => other.writtenAt - one.writtenAt);
}

/** Removes all dumps but the newest, each with what Crashpad notes beside it. */
export function removeOldDumps(folder: string): void {
  for (const { path } of listDumps(folder).slice(keptDumps))
    for (const file of [path, path.replace(/\.dmp$/, '.meta')]) rmSync(file, { force: true });
}
