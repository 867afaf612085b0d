import { randomBytes } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { JobProgress } from '../../../../src-shared/domain/jobs/job-progress.ts';
import { syncFolder, temporaryName, writeFileAtomic } from '../../../files/atomic.ts';
import { byteProgress } from '../../../files/byte-progress.ts';
import { locateHome, type Move, moveFile, pointerTo, recordMove } from '../../../files/home-place.ts';
import { removeUserRecord } from '../../../files/user-records.ts';
import { openStore } from '../../../store/open-store.ts';
import { type Home, openHome } from '../home.ts';
import type { HomeIdentity } from '../home-identity.ts';
import { checkTarget, makeHomeFolder, requireLocks } from './check-target.ts';
import { copyEntries, verifyCopy } from './copy-entries.ts';
import { type Entry, listHome, totalBytes } from './home-entries.ts';
import { originFile, removeOld, settleMove } from './settle-move.ts';

export interface MoveOptions {
  /** The folder by which the home is named: from then on it leads to the new one. */
  readonly place: string;
  readonly folder: string;
  /** True if the old files stay. */
  readonly keep: boolean;
  /** Heeded until the new home is named. */
  readonly signal: AbortSignal;
  onProgress(progress: JobProgress): void;
  /** Tests if files in a folder can be locked. */
  readonly locks?: (folder: string) => boolean;
}

export interface Moved {
  readonly from: string;
  readonly to: string;
  readonly bytes: number;
  /** True if the old folder still exists: kept on request, or because of files that are not part of the home. */
  readonly oldIsThere: boolean;
}

/**
 * Moves the home to another folder, on whichever disk: copied to a temporary name there, synced, read again, renamed; then the
 * place by which it is named leads there, and only then the old files go. Killed at any point, the next opening finds one whole
 * home and removes what is left of the other (`settleMove`).
 * @throws StudioError where it cannot be moved, or was cancelled: it is then as it was
 */
export async function moveHome(options: MoveOptions): Promise<Moved> {
  const place = resolve(options.place);
  const from = locateHome(place);
  if (!existsSync(join(from, 'studio.sqlite')))
    throw new StudioError(
      'not_found',
      `There is no home in ${from} yet.`,
      'Name the one that you want with COTO_STUDIO_HOME.',
    );
  const home = openHome(from);
  let held = true;
  const release = (): void => {
    if (held) home.release();
    held = false;
  };
  try {
    if (!home.identity.isKnown)
      throw new StudioError(
        'refused',
        `The home ${home.path} was last used elsewhere, and was not opened here yet.`,
        'Open it once, and continue its queued jobs or leave them held. Then move it.',
      );
    // Opens the database like the backend: a damaged one is not moved, and one of an earlier version is migrated.
    const store = openStore(home.database, { mayBeNew: !home.hasWork, backups: home.backups });
    store.shrinkLog();
    store.close();
    const entries = await listHome(home.path);
    const bytes = totalBytes(entries);
    const { target } = await checkTarget({ home: home.path, folder: options.folder, bytes });
    const move: Move = {
      id: randomBytes(8).toString('hex'),
      place,
      temporary: temporaryName(target),
      target,
      keep: options.keep,
    };
    await copyAndSwitch(home, move, entries, options);
    // The lock is one of the files that go.
    release();
    removeOld(home.path, options.keep);
    await rm(join(target, originFile), { force: true });
    removeUserRecord('moves', move.id);
    return { from: home.path, to: target, bytes, oldIsThere: existsSync(home.path) };
  } finally {
    release();
  }
}

async function copyAndSwitch(
  { path: from, identity }: Pick<Home, 'path' | 'identity'>,
  move: Move,
  entries: readonly Entry[],
  { signal, onProgress, locks }: MoveOptions,
): Promise<void> {
  const { temporary, target, place } = move;
  const total = totalBytes(entries);
  let handed: ReturnType<HomeIdentity['handOver']> | null = null;
  try {
    recordMove({ ...move, from });
    await writeFileAtomic(join(from, moveFile), `${JSON.stringify(move)}\n`);
    makeHomeFolder(temporary);
    await writeFileAtomic(join(temporary, originFile), `${JSON.stringify({ id: move.id, from })}\n`);
    requireLocks(temporary, locks);
    const hashes = await copyEntries(from, temporary, entries, signal, counted('Copying', total, onProgress));
    await verifyCopy(temporary, hashes, signal, counted('Checking', total, onProgress));
    // The new home is known here too: its queue continues there.
    handed = identity.handOver(temporary, join(realpathSync(dirname(target)), basename(target)));
    signal.throwIfAborted();
    if (existsSync(target)) await rmdir(target);
    await rename(temporary, target);
    await syncFolder(dirname(target));
    const pointer = pointerTo(place, target);
    await writeFileAtomic(pointer.file, pointer.text);
    handed.finish();
  } catch (error) {
    handed?.cancel();
    settleMove(from);
    if (signal.aborted) throw new StudioError('cancelled', `The home was not moved: it is in ${from} as before.`);
    throw error;
  }
}

function counted(phase: string, total: number, onProgress: MoveOptions['onProgress']): (bytes: number) => void {
  const tell = byteProgress(phase, onProgress);
  let done = 0;
  return (bytes) => {
    done += bytes;
    // A log may have grown since it was counted.
    tell(Math.min(done, total), total);
  };
}
