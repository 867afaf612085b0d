import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { isUnfinished } from '../../../engine/tensors/atomic.ts';
import { isSwitched, moveFile, readJson, readMove } from '../../../files/home-place.ts';
import { homeEntries, placeEntries } from './home-entries.ts';

/** In the new home until the old one is gone: by which move it came. */
export const originFile = 'moved-from.json';
export const originSchema = z.object({ id: z.string(), from: z.string() });

/**
 * Ends what a move that was killed has left, with the home held: before its new place was named, the copy is removed; after
 * that, the old files. Files name the move by its id on both sides, so that a home from elsewhere can have nothing removed.
 */
export function settleMove(home: string): void {
  goBack(home);
  const origin = readJson(join(home, originFile), originSchema);
  if (origin === null) return;
  const move = readMove(origin.from);
  if (move?.id === origin.id && move.target === home && isSwitched(move)) removeOld(origin.from, move.keep);
  // Where the new place was not named, somebody opened the copy by its own: from here on it is a home for itself.
  rmSync(join(home, originFile), { force: true });
}

function goBack(home: string): void {
  const move = readMove(home);
  if (move === null) return;
  if (!isSwitched(move))
    for (const folder of [move.temporary, move.target])
      if (readJson(join(folder, originFile), originSchema)?.id === move.id)
        rmSync(folder, { recursive: true, force: true });
      else if (isUnfinished(basename(folder))) removeIfBegun(folder);
  rmSync(join(home, moveFile), { force: true });
}

/** Removes what was moved. What is not the studio's stays, and the folder with it. */
export function removeOld(home: string, keep: boolean): void {
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
