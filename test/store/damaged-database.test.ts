import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkWhole } from '../../src-main/store/check-database.ts';
import { DamagedHomeError } from '../../src-main/store/damaged-home-error.ts';
import { openStore } from '../../src-main/store/open-store.ts';
import { modelRecord } from '../backend/records.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coto-damaged-'));
  file = join(folder, 'studio.sqlite');
  const store = openStore(file);
  store.models.save(modelRecord);
  store.close();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function change(work: (database: Database) => void): void {
  const database = new SqliteDatabase(file);
  work(database);
  // Later checks must not depend on a log beside the file.
  database.pragma('journal_mode = DELETE');
  database.close();
}

/** Opening it is refused by these words, with a way out, and leaves the file as it was. */
function expectRefused(words: RegExp, options: Parameters<typeof openStore>[1] = {}): void {
  const before = readFileSync(file);
  let thrown: unknown;
  try {
    openStore(file, options).close();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(DamagedHomeError);
  expect(thrown).toMatchObject({
    code: 'damaged_home',
    message: expect.stringMatching(words),
    hint: expect.stringContaining('coto doctor --restore'),
  });
  expect(readFileSync(file).equals(before)).toBe(true);
}

describe('a damaged database', () => {
  it.each([-5, 33])('rejects a database of schema version %i', (version) => {
    change((database) => database.pragma(`user_version = ${version}`));
    expectRefused(new RegExp(`has schema version ${version}, which no CoTo Studio has written\\.$`));
  });

  it('without a schema version is refused', () => {
    change((database) => database.pragma('user_version = 0'));
    expectRefused(/has tables but no schema version/);
  });

  it('rejects a database with an earlier schema version than its tables', () => {
    change((database) => database.pragma('user_version = 30'));
    expectRefused(/its tables? .*jobs.* are not of its schema version 30\.$/);
  });

  it('with a table or a column dropped is refused', () => {
    change((database) => database.exec('DROP TABLE job_results'));
    expectRefused(/is damaged: its table job_results is missing\.$/);
    change((database) => database.exec('CREATE TABLE job_results (job_id TEXT PRIMARY KEY)'));
    expectRefused(/its table job_results is not of its schema version/);
  });

  it('keeps tables that others have added', () => {
    change((database) => database.exec('CREATE TABLE notes_of_mine (text TEXT)'));
    openStore(file).close();
  });

  it('does not create a new database in place of an empty or missing one if runs or adapters exist', () => {
    truncateSync(file, 0);
    expectRefused(/studio\.sqlite is empty, though the home has runs or adapters/, { mayBeNew: false });
    rmSync(file);
    expect(() => openStore(file, { mayBeNew: false })).toThrow(/is missing, though/);
    openStore(file).close();
  });

  it('rejects a file that is not a database', () => {
    writeFileSync(file, 'not a database, but a text of some length '.repeat(40));
    expectRefused(/is not a database of CoTo Studio\.$/);
  });

  it('with a page of zeros in it is refused', () => {
    const bytes = readFileSync(file);
    const page = bytes.readUInt16BE(16);
    change((database) => {
      const root = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'models'").pluck().get();
      bytes.fill(0, (Number(root) - 1) * page, Number(root) * page);
    });
    writeFileSync(file, bytes);
    expectRefused(/studio\.sqlite is damaged: /);
  });

  it('finds rows out of order', () => {
    change((database) => {
      const put = database.prepare('INSERT INTO settings (name, value) VALUES (?, ?)');
      for (const name of ['aaaa-first', 'bbbb-second', 'cccc-third']) put.run(name, '1');
    });
    const bytes = readFileSync(file);
    bytes.write('zzzz', bytes.indexOf('aaaa-first'));
    writeFileSync(file, bytes);
    const database = new SqliteDatabase(file, { readonly: true });
    expect(checkWhole(database).join()).toMatch(/settings/);
    database.close();
    expectRefused(/studio\.sqlite is damaged: .*settings/);
  });

  it('the full check finds rows that refer to nothing', () => {
    change((database) => {
      database.pragma('foreign_keys = OFF');
      database.exec("INSERT INTO checkpoints VALUES ('gone', 'runs/gone', 'last', 3, NULL, 1)");
    });
    const database = new SqliteDatabase(file, { readonly: true });
    expect(checkWhole(database)).toEqual(['rows of checkpoints refer to rows that are gone']);
    database.close();
  });

  it('in whose place a folder is says so', () => {
    rmSync(file);
    mkdirSync(file);
    expect(() => openStore(file)).toThrow(/studio\.sqlite cannot be opened: a folder is in its place/);
  });
});
