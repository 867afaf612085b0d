import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { StudioError, toErrorValue } from '../../../src-shared/contract/errors.ts';
import { isUnfinished } from '../../files/atomic.ts';
import { type Entries, entriesIn, linkBelow, pathBelow, readOwnText, requireOwnEntries } from '../../files/below.ts';
import { type MemoryKills, memoryKills, ranOutOfMemory } from '../../files/control-group.ts';
import { homeFolders } from '../../files/home-layout.ts';
import { isDatabaseInUse, lockFile } from '../../store/home-lock.ts';
import { HomeIdentity } from './home-identity.ts';
import { settleMove } from './move/settle-move.ts';

/** The studio's folder: the database and all files. */
export interface Home {
  /** The real path, also where the person names the home by a link. */
  readonly path: string;
  readonly database: string;
  /** The folder with copies of the database. */
  readonly backups: string;
  /**
   * Returns an absolute path below the home, e.g. absolute('adapters', id). @throws StudioError refused for a path that leads out
   * of the home or through a link, as the database of a home from elsewhere might name.
   */
  absolute(...parts: string[]): string;
  /** Returns the path of a file or folder of the home; null if it is missing, or would be reached through a link. */
  existing(stored: string): string | null;
  /** Lists a folder of the home, its links apart. */
  entries(...parts: string[]): Entries;
  /** The path as stored in the database: relative to the home, with forward slashes. */
  relative(absolutePath: string): string;
  /** Knows whether the person used the home here before. In an unknown home, no queued job starts by itself. */
  readonly identity: HomeIdentity;
  /** One sentence for an unfinished move that is left alone, since the person's own records do not know it; null if there is none. */
  readonly unfinishedMove: string | null;
  /**
   * True if memory ran out after the previous process was last seen alive, and the kernel killed processes in its
   * control group. The previous process was probably among them.
   */
  readonly ranOutOfMemory: boolean;
  /** True if runs or adapters existed when the home was opened. */
  readonly hasWork: boolean;
  /** @throws StudioError not_found if the folder is gone, or is another one */
  requirePresent(): void;
  /** Notes that this studio lives: what the kernel ended until now was another process, and will not be taken for this one. */
  noteAlive(): void;
  /** Releases the lock on the home. */
  release(): void;
}

/**
 * Creates the home if missing and locks it. `isScratch`: a home that is removed after use, and is recorded nowhere.
 * Throws StudioError('refused') while another backend has it, 'invalid_input' if it cannot be created.
 */
export function openHome(path: string, { isScratch = false }: { readonly isScratch?: boolean } = {}): Home {
  const named = resolve(path);
  const isThere = existsSync(named);
  let home = named;
  try {
    if (!isThere && lstatSync(named, { throwIfNoEntry: false }) !== undefined)
      throw new StudioError(
        'not_found',
        `The home folder ${named} is a link to ${readlinkSync(named)}, which is missing.`,
        'Connect its disk, remove the link, or choose another home folder (COTO_STUDIO_HOME).',
      );
    mkdirSync(named, { recursive: true, mode: 0o700 });
    home = realpathSync(named);
    requireOwnEntries(home);
    for (const folder of ['runs', 'adapters', 'datasets', 'models', 'reports'])
      mkdirSync(join(home, folder), { recursive: true, mode: 0o700 });
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
  const hasWork = ['runs', 'adapters'].some((folder) =>
    entriesIn(join(home, folder)).folders.some((name) => ownFolder.test(name)),
  );
  const isNew = !hasWork && !existsSync(database) && !existsSync(join(home, 'backups'));
  let identity: HomeIdentity;
  let unfinishedMove: string | null;
  let noted = memoryKills();
  try {
    identity = new HomeIdentity(home, { isNew, isScratch });
    writeOwner(owner, lockNumber, noted);
    removeUnfinished(home);
    unfinishedMove = settleMove(home);
  } catch (error) {
    unlock();
    throw homeError(error, home, 'written');
  }
  return {
    path: home,
    identity,
    unfinishedMove,
    ranOutOfMemory: ranOutOfMemory(earlier?.kills ?? null),
    hasWork,
    database,
    get backups() {
      return pathBelow(home, 'backups');
    },
    absolute: (...parts) => pathBelow(home, ...parts),
    existing(stored) {
      const path = resolve(home, stored);
      return linkBelow(home, path) === null && existsSync(pathBelow(home, stored)) ? path : null;
    },
    entries: (...parts) => entriesIn(pathBelow(home, ...parts)),
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

/** Largest size of the files that name the process and the place of a home. */
const noteBytes = 4096;

/** Names that the studio gives to folders of runs and adapters. */
const ownFolder = /^(run|adapter)-[0-9a-f]{10}$/;

/** Closes the home to other users of the machine, before the database is there: data and prompts are the person's own. */
function closeToOthers(home: string): void {
  if (process.platform === 'win32') return;
  const { mode } = statSync(home);
  const isSharedFolder = (mode & 0o1000) !== 0;
  if ((mode & 0o007) !== 0 && !isSharedFolder) chmodSync(home, mode & 0o700);
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

/**
 * Returns the reason why the nearest existing folder is not writable: with several missing folders, Node only reports
 * that one is missing.
 */
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

/** Removes partial files of a killed process. The lock is held, so nobody else is writing. Links are not followed. */
function removeUnfinished(home: string): void {
  const below = (folder: string): string[] => {
    const { names, folders } = entriesIn(folder);
    for (const name of names.filter(isUnfinished)) rmSync(join(folder, name), { recursive: true, force: true });
    return folders.filter((name) => !isUnfinished(name)).map((name) => join(folder, name));
  };
  below(home);
  for (const folder of homeFolders) below(join(home, folder));
  // Homes of earlier versions have unfinished files in the folders of reports.
  for (const report of below(join(home, 'reports'))) below(report);
  for (const run of below(join(home, 'runs'))) for (const folder of below(run)) below(folder);
  for (const folder of ['cache', 'bundles']) for (const each of below(join(home, folder))) below(each);
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
  /** Kills by the kernel when the process was last seen alive; null if the system does not count them. */
  readonly kills: MemoryKills | null;
}

function writeOwner(file: string, lock: string, kills: MemoryKills | null): void {
  writeFileSync(file, [process.pid, lock, ...(kills === null ? [] : [kills.count, kills.of])].join(' '));
}

function readOwner(file: string): Owner | null {
  const [process, lock, count, ...of] = (readOwnText(file, noteBytes) ?? '').trim().split(' ');
  if (process === undefined || process === '') return null;
  return { process, lock, kills: of.length === 0 ? null : { count: Number(count), of: of.join(' ') } };
}
