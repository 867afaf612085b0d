import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { z } from 'zod';
import { readJson } from './below.ts';

/**
 * The person's own records about homes, outside of every home: a home from elsewhere cannot bring them along. Each record is
 * one small JSON file named by a random id that the home holds too.
 */
export type RecordKind = 'homes' | 'moves';

/** The system's folder for application data, which Electron calls `appData`. */
export function appDataFolder(environment: NodeJS.ProcessEnv): string {
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support');
  if (process.platform === 'win32') return environment['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming');
  return environment['XDG_CONFIG_HOME'] || join(homedir(), '.config');
}

/** The folder of the records: COTO_STUDIO_CONFIG, else one in the system's folder for application data. */
export function userRecordsFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return environment['COTO_STUDIO_CONFIG'] || join(appDataFolder(environment), 'coto-studio');
}

/** Returns null if there is no such record, or none that the schema accepts. */
export function readUserRecord<Schema extends z.ZodType>(
  kind: RecordKind,
  id: string,
  schema: Schema,
): z.output<Schema> | null {
  const file = recordFile(kind, id);
  return file === null ? null : readJson(file, schema);
}

/** Writes a record durably: all of it, or none. Returns false if the folder cannot be written. */
export function writeUserRecord(kind: RecordKind, id: string, record: object): boolean {
  const file = recordFile(kind, id);
  if (file === null) return false;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeJson(file, record);
    return true;
  } catch {
    return false;
  }
}

/** Writes a small JSON file durably: the file keeps its old content, or has all of the new one. */
export function writeJson(file: string, value: object): void {
  const temporary = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const handle = openSync(temporary, 'wx', 0o600);
    try {
      writeFileSync(handle, `${JSON.stringify(value)}\n`);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, file);
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  }
}

export function removeUserRecord(kind: RecordKind, id: string): void {
  const file = recordFile(kind, id);
  if (file !== null) removeQuietly(file);
}

/** A folder that cannot be written keeps a record that no home names any more. */
function removeQuietly(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {}
}

/** Ids come from homes, also foreign ones: anything but hexadecimal digits names no file. */
function recordFile(kind: RecordKind, id: string): string | null {
  return /^[0-9a-f]{16,64}$/.test(id) ? join(userRecordsFolder(), kind, `${id}.json`) : null;
}
