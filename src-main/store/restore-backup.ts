import { copyFileSync, renameSync, rmSync } from 'node:fs';
import SqliteDatabase from 'better-sqlite3';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { type Backup, listBackups, newTemporary } from './backups.ts';
import { checkSchema, checkWhole } from './check-database.ts';

/**
 * Puts the newest backup that is whole in the place of the database, which `moveAway` has to move.
 * @throws StudioError damaged_home, having moved nothing, if there is none
 */
export function restoreBackup(folder: string, database: string, moveAway: () => void): Backup {
  const backup = listBackups(folder).find(({ path }) => isWhole(path));
  if (backup === undefined)
    throw new StudioError(
      'damaged_home',
      `There is no backup of the database in ${folder} that could be restored.`,
      'Rebuild it from the folders of runs and adapters: coto doctor --rebuild.',
    );
  const temporary = newTemporary(folder);
  try {
    copyFileSync(backup.path, temporary);
    moveAway();
    renameSync(temporary, database);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  return backup;
}

function isWhole(file: string): boolean {
  try {
    const database = new SqliteDatabase(file, { readonly: true, fileMustExist: true });
    try {
      checkSchema(database);
      return checkWhole(database).length === 0;
    } finally {
      database.close();
    }
  } catch {
    return false;
  }
}
