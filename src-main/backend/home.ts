import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { StudioError, toErrorValue } from '../../src-shared/contract/errors.ts';
import { isUnfinished } from '../engine/tensors/atomic.ts';
import { type MemoryKills, memoryKills, ranOutOfMemory } from '../files/control-group.ts';
import { isDatabaseInUse, lockFile } from '../store/home-lock.ts';
import { settleMove } from './home/move/settle-move.ts';

/** The studio's folder: the database and all files. */
export interface Home {
  readonly path: string;
  readonly database: string;
  /** The folder with copies of the database. */
  readonly backups: string;
  /**
   * Absolute path below the home, e.g. absolute('adapters', id). @throws StudioError refused for one that leads out of it, as the
   * database of a home from elsewhere might say.
   */
  absolute(...parts: string[]): string;
  /** The path as stored in the database: relative to the home, with forward slashes. */
  relative(absolutePath: string): string;
  /**
   * Whether the folder is another one than the studio opened last: a copy, one from another machine or user, or one of a
   * version that did not note it. Its queue was not filled here.
   */
  readonly moved: boolean;
  /**
   * Whether memory ran out after the studio that had it before was last known to live, and the kernel ended processes for it:
   * that studio, if it was no other of its control group.
   */
  readonly ranOutOfMemory: boolean;
  /** Whether runs or adapters were there when it was opened. */
  readonly hasWork: boolean;
  /** @throws StudioError not_found if the folder is gone, or is another one */
  requirePresent(): void;
  /** Notes that this studio lives: what the kernel ended until now was another process, and will not be taken for this one. */
  noteAlive(): void;
  /** Releases the lock on the home. */
  release(): void;
}

/**
 * Creates the home if missing and locks it.
 * Throws StudioError('refused') while another backend has it, 'invalid_input' if it cannot be created.
 */
export function openHome(path: string): Home {
  const home = resolve(path);
  const isThere = existsSync(home);
  try {
    for (const folder of ['runs', 'adapters', 'datasets', 'models', 'reports']) makeFolder(join(home, folder));
    closeToOthers(home);
  } catch (error) {
    throw homeError(error, home, isThere ? 'written' : 'made');
  }
  const owner = join(home, 'backend.pid');
  const database = join(home, 'studio.sqlite');
  const lock = join(home, 'backend.lock');
  const isNewLock = !existsSync(lock);
  const unlock = lockHome(lock, home);
  if (unlock === null)
    throw new StudioError(
      'refused',
      `CoTo Studio is already running on the home folder ${home}${ownerText(owner)}.`,
      'Close the other window or command, or choose another home folder (COTO_STUDIO_HOME).',
    );
  const lockNumber = String(statSync(lock).ino);
  // The lock of a studio that still runs goes with its file; the one that it has on the database does not.
  const earlier = readOwner(owner);
  const before = earlier?.lock;
  if ((isNewLock || (before !== undefined && before !== lockNumber)) && isDatabaseInUse(database)) {
    unlock();
    if (isNewLock) rmSync(lock, { force: true });
    throw new StudioError(
      'refused',
      `The database of the home folder ${home} is open in another program${ownerText(owner)}.`,
      'Close the other CoTo Studio, or what else has studio.sqlite open, or choose another home folder (COTO_STUDIO_HOME).',
    );
  }
  const own = statSync(home);
  const placeFile = join(home, 'backend.place');
  const place = placeOf(home);
  let moved: boolean;
  let noted = memoryKills();
  try {
    moved = existsSync(database) && readIfThere(placeFile) !== place;
    writeFileSync(placeFile, place);
    writeOwner(owner, lockNumber, noted);
    removeUnfinished(home);
    settleMove(home);
  } catch (error) {
    unlock();
    throw homeError(error, home, 'written');
  }
  return {
    path: home,
    moved,
    ranOutOfMemory: ranOutOfMemory(earlier?.kills ?? null),
    hasWork: ['runs', 'adapters'].some((folder) =>
      readdirSync(join(home, folder)).some((name) => ownFolder.test(name)),
    ),
    database,
    backups: join(home, 'backups'),
    absolute(...parts) {
      const path = resolve(home, ...parts);
      if (!path.startsWith(`${home}${sep}`))
        throw new StudioError(
          'refused',
          `The home folder names ${path}, which is outside of it.`,
          'Its database was changed by something else: use a copy of it from before.',
        );
      return path;
    },
    relative(absolutePath) {
      const inside = relative(home, absolutePath);
      if (inside === '' || inside.startsWith('..') || isAbsolute(inside))
        throw new StudioError('internal', `${absolutePath} is not below the home folder ${home}.`);
      return inside.split(sep).join('/');
    },
    requirePresent() {
      const there = statSync(home, { throwIfNoEntry: false });
      if (there !== undefined && there.ino === own.ino && there.dev === own.dev) return;
      throw new StudioError(
        'not_found',
        `The home folder ${home} was removed, moved or unmounted while this was running.`,
        'Put it back where it was, then start CoTo Studio again: what it had saved is in it.',
      );
    },
    noteAlive() {
      const kills = memoryKills();
      if (kills === null || (kills.count === noted?.count && kills.of === noted.of)) return;
      noted = kills;
      try {
        writeOwner(owner, lockNumber, kills);
      } catch {
        // On a full disk, or one that is gone, what it computes counts for more; whoever stores that says so.
      }
    },
    release() {
      try {
        rmSync(owner, { force: true });
      } finally {
        unlock();
      }
    },
  };
}

/** Names that the studio gives to folders of runs and adapters. */
const ownFolder = /^(run|adapter)-[0-9a-f]{10}$/;

/** Data, prompts and generated text are the person's own: other users of the machine have no business in the home. */
function closeToOthers(home: string): void {
  if (process.platform === 'win32' || !existsSync(join(home, 'studio.sqlite'))) return;
  const { mode } = statSync(home);
  const isSharedFolder = (mode & 0o1000) !== 0;
  if ((mode & 0o007) !== 0 && !isSharedFolder) chmodSync(home, mode & 0o700);
}

function makeFolder(path: string): void {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there !== undefined && !there.isDirectory())
    throw new StudioError(
      'invalid_file',
      `${path} is a file, where CoTo Studio keeps a folder.`,
      'Move the file away, or choose another home folder (COTO_STUDIO_HOME).',
    );
  mkdirSync(path, { recursive: true, mode: 0o700 });
}

function lockHome(lock: string, home: string): (() => void) | null {
  try {
    return lockFile(lock);
  } catch (error) {
    throw homeError(error, home, 'written');
  }
}

function homeError(error: unknown, home: string, what: 'made' | 'written'): StudioError {
  if (error instanceof StudioError) return error;
  if (toErrorValue(error).code === 'disk_full')
    return new StudioError(
      'disk_full',
      `The home folder ${home} cannot be ${what}: the disk is full.`,
      'Free some space, or choose another home folder (COTO_STUDIO_HOME).',
    );
  return new StudioError(
    'invalid_input',
    `The home folder ${home} cannot be ${what}: ${reasonOf(error, home)}.`,
    'Choose a folder that you may write to (COTO_STUDIO_HOME).',
  );
}

const reasons: ReadonlyMap<unknown, string> = new Map([
  ['EROFS', 'its file system is read-only'],
  ['EACCES', 'this user may not write there'],
  ['EPERM', 'this user may not write there'],
]);

function reasonOf(error: unknown, home: string): string {
  const reason = reasons.get(codeOf(error)) ?? reasons.get(codeOf(refusalOfParent(home)));
  return reason ?? (error instanceof Error ? error.message : String(error));
}

/** Why nothing can be written to the nearest folder that is there: where several are to be made, Node says only that one is missing. */
function refusalOfParent(path: string): unknown {
  if (!existsSync(path)) return path === dirname(path) ? null : refusalOfParent(dirname(path));
  try {
    accessSync(path, constants.W_OK);
    return null;
  } catch (error) {
    return error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null;
}

/** Removes partial files of a killed process. The lock is held, so nobody else is writing. */
function removeUnfinished(home: string): void {
  const below = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (isUnfinished(entry.name)) rmSync(path, { recursive: true, force: true });
      else if (entry.isDirectory()) return [path];
      return [];
    });
  below(home);
  below(join(home, 'adapters'));
  below(join(home, 'models'));
  // Homes of earlier versions have unfinished files in the folders of reports.
  for (const report of below(join(home, 'reports'))) below(report);
  for (const run of below(join(home, 'runs'))) for (const folder of below(run)) below(folder);
  for (const folder of ['cache', 'bundles'])
    if (existsSync(join(home, folder))) for (const each of below(join(home, folder))) below(each);
}

function ownerText(file: string): string {
  const owner = readOwner(file);
  return owner === null ? '' : ` (process ${owner.process})`;
}

/** The process that has, or had, the home. */
interface Owner {
  readonly process: string;
  /** The file that it locked. */
  readonly lock: string | undefined;
  /** As it was last known to live; null where the system does not count them. */
  readonly kills: MemoryKills | null;
}

function writeOwner(file: string, lock: string, kills: MemoryKills | null): void {
  writeFileSync(file, [process.pid, lock, ...(kills === null ? [] : [kills.count, kills.of])].join(' '));
}

function readOwner(file: string): Owner | null {
  const [process, lock, count, ...of] = (readIfThere(file) ?? '').trim().split(' ');
  if (process === undefined || process === '') return null;
  return { process, lock, kills: of.length === 0 ? null : { count: Number(count), of: of.join(' ') } };
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** The machine, user and folder: a copy has another inode. Moving a home within its disk keeps it. */
export function placeOf(home: string): string {
  const { dev, ino } = statSync(home);
  return createHash('sha256')
    .update(JSON.stringify([hostname(), userInfo().username, dev, ino]))
    .digest('hex');
}
