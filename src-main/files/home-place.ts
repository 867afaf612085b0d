import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { readJson, requireOwnEntries } from './below.ts';
import { readUserRecord, userRecordsFolder, writeUserRecord } from './user-records.ts';

/** In the folder by which a home is named (COTO_STUDIO_HOME, --home, the window's own): where the home is now. */
const pointerFile = 'moved-to.json';
const pointerSchema = z.object({ home: z.string().min(1) });

/** In a home that is being moved, until its own files are removed: what a killed move has to go back to, or to end. */
export const moveFile = 'moving-to.json';
export const moveSchema = z.object({
  id: z.string(),
  /** The folder by which the home was named, which gets the pointer. */
  place: z.string(),
  temporary: z.string(),
  target: z.string(),
  keep: z.boolean(),
});
export type Move = z.infer<typeof moveSchema>;

/** The person's own record of a move that has begun, which lies outside of both homes. */
const moveRecordSchema = moveSchema.extend({ from: z.string().describe('the real path of the old home') });
export type MoveRecord = z.infer<typeof moveRecordSchema>;

/** More than anybody moves a home; fewer than a circle. */
const maxMoves = 20;
/** Files that only a home has: a pointer makes no home of another folder, such as the empty one of a disk that is not connected. */
const homeSigns = ['studio.sqlite', 'home.json', 'backend.place'] as const;

/**
 * The home that `place` names: itself, or where it was moved to.
 * @throws StudioError not_found where that is not there, as on a disk that is not connected: no empty one is made in its place;
 * refused for links among what the app keeps in a home
 */
export function locateHome(place: string): string {
  let home = place;
  for (let moves = 0; moves < maxMoves; moves++) {
    if (existsSync(home)) requireOwnEntries(realpathSync(home));
    const next = pointedTo(home) ?? switchedTo(home);
    if (next === null) return home;
    if (!homeSigns.some((name) => existsSync(join(next, name))))
      throw new StudioError(
        'not_found',
        `The home folder was moved to ${next}, and is not there.`,
        `Connect its disk, then start again. To begin with an empty home, delete ${join(home, pointerFile)}.`,
      );
    home = next;
  }
  throw new StudioError(
    'invalid_file',
    `The files ${pointerFile} below ${place} lead in a circle.`,
    'Delete the one in the folder that has the studio.sqlite you want.',
  );
}

/** Returns the new place of this home if a move was killed after it switched the pointer. */
function switchedTo(home: string): string | null {
  const move = recordedMove(home);
  return move !== null && !move.keep && isSwitched(move) ? move.target : null;
}

/** Returns true if the pointer already names the home's new place. */
export function isSwitched({ place, target }: Move): boolean {
  return pointedTo(place) === target;
}

export function readMove(home: string): Move | null {
  return readJson(join(home, moveFile), moveSchema);
}

/** @throws StudioError invalid_input if the record cannot be written: an interrupted move could then not be ended */
export function recordMove(record: MoveRecord): void {
  if (writeUserRecord('moves', record.id, record)) return;
  throw new StudioError(
    'invalid_input',
    `The move cannot be recorded in ${userRecordsFolder()}: this user may not write there, or its disk is full.`,
    'Change its permissions or free some space, then move the home again.',
  );
}

/** Returns the person's own record of a move; null if there is none. */
export function findMoveRecord(id: string): MoveRecord | null {
  return readUserRecord('moves', id, moveRecordSchema);
}

/** Returns the unfinished move that a home names, if the person's own record says the same; null otherwise. */
export function recordedMove(from: string): MoveRecord | null {
  const move = readMove(from);
  if (move === null) return null;
  const record = findMoveRecord(move.id);
  return isDeepStrictEqual(record, { ...move, from: realpathSync(from) }) ? record : null;
}

function pointedTo(place: string): string | null {
  return readJson(join(place, pointerFile), pointerSchema)?.home ?? null;
}

/** File and text by which `place` names a home. */
export function pointerTo(place: string, home: string): { readonly file: string; readonly text: string } {
  return { file: join(place, pointerFile), text: `${JSON.stringify(pointerSchema.parse({ home }))}\n` };
}
