import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isUnfinished } from '../../../files/atomic.ts';
import { readJson, requireOwnEntries } from '../../../files/below.ts';
import { findMoveRecord, isSwitched, moveFile, readMove, recordedMove } from '../../../files/home-place.ts';
import { removeUserRecord } from '../../../files/user-records.ts';
import { homeEntries, placeEntries } from './home-entries.ts';

/** In the new home until the old one is gone: by which move it came. */
export const originFile = 'moved-from.json';
export const originSchema = z.object({ id: z.string(), from: z.string() });

/**
 * Ends what a killed move has left, with the home held: before its new place was named, the copy is removed; after that, the old
 * files. Both homes must name the move by its id, and the person's own record must say the same of it: a home from elsewhere
 * has nothing removed.
 * @param home its real path
 * @returns one sentence for a move that is left alone; null if there is none
 */
export function settleMove(home: string): string | null {
  return goBack(home) ?? goForward(home);
}

function goBack(home: string): string | null {
  const move = readMove(home);
  if (move === null) return null;
  const known = recordedMove(home);
  if (known !== null && !isSwitched(known)) {
    for (const folder of [known.temporary, known.target])
      if (readJson(join(folder, originFile), originSchema)?.id === known.id)
        rmSync(folder, { recursive: true, force: true });
      else if (folder === known.temporary) removeIfBegun(folder);
    removeUserRecord('moves', known.id);
  }
  rmSync(join(home, moveFile), { force: true });
  if (known !== null) return null;
  return `An unfinished move of the home ${home} to ${move.target} was not begun by this user here, so nothing outside of the home was removed. A part of a copy may be left beside that folder.`;
}

function goForward(home: string): string | null {
  const origin = readJson(join(home, originFile), originSchema);
  if (origin === null) return null;
  const record = findMoveRecord(origin.id);
  const isKnown = record !== null && record.target === home && record.from === origin.from;
  const isUnfinished = readMove(origin.from)?.id === origin.id;
  if (isKnown) {
    if (recordedMove(origin.from) !== null && isSwitched(record)) removeOld(record.from, record.keep);
    removeUserRecord('moves', record.id);
  }
  // A copy that no pointer names was opened by its own path: from now on it is a separate home.
  rmSync(join(home, originFile), { force: true });
  if (isKnown || !isUnfinished) return null;
  return `The move of this home from ${origin.from} was not begun by this user here, so the old files were not removed.`;
}

/** Removes what was moved. Foreign files stay, and the folder with them. */
export function removeOld(home: string, keep: boolean): void {
  if (existsSync(home)) requireOwnEntries(home);
  if (!keep) {
    // Without its database first of all: what is left is no home.
    for (const path of [...homeEntries].reverse()) rmSync(join(home, path), { recursive: true, force: true });
    for (const path of placeEntries) rmSync(join(home, path), { force: true });
    rmSync(join(home, 'cache', 'compiled'), { recursive: true, force: true });
    removeIfEmpty(join(home, 'cache'));
  }
  rmSync(join(home, moveFile), { force: true });
  if (!keep) removeIfEmpty(home);
}

/** One that was made and did not get the id of its move yet: with nothing in it, or the beginning of that. */
function removeIfBegun(folder: string): void {
  if (existsSync(folder) && readdirSync(folder).every(isUnfinished)) rmSync(folder, { recursive: true, force: true });
}

function removeIfEmpty(folder: string): void {
  if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder);
}
