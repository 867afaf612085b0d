import SqliteDatabase, { type Database } from 'better-sqlite3';
import { z } from 'zod';
import { DamagedHomeError } from './damaged-home-error.ts';
import { migrate, NewerDatabaseError, schemaVersion } from './migrate.ts';
import { migrations as allMigrations } from './migrations/index.ts';
import type { Migration } from './migrations/migration.ts';
import { newestColumns, newestColumnsVersion } from './newest-columns.ts';

/** Tables that grow with the length of runs and studies: to read all of one can take a second. */
const longTables = new Set(['metrics', 'metric_buckets', 'masks', 'mask_scores', 'scores', 'run_log', 'job_results']);
/** Below this size of the file the long tables are read too: it takes less than a tenth of a second. */
const quickBytes = 4 * 1024 * 1024;

const columnsSchema = z.array(z.object({ table: z.string(), column: z.string() }));

/**
 * Refuses a database whose schema version and tables do not belong together, before anything is changed in it.
 * @throws NewerDatabaseError, DamagedHomeError
 */
export function checkSchema(database: Database, migrations: readonly Migration[] = allMigrations): void {
  const version = schemaVersion(database);
  const newest = migrations.at(-1)?.version ?? 0;
  if (version > newest) throw new NewerDatabaseError(version, newest);
  const found = columnsOf(database);
  if (version === 0 && found.size === 0) return;
  if (version === 0)
    throw new DamagedHomeError(
      `${database.name} has tables but no schema version: it is damaged, or no database of CoTo Studio.`,
    );
  if (!migrations.some((migration) => migration.version === version))
    throw new DamagedHomeError(`${database.name} has schema version ${version}, which no CoTo Studio has written.`);
  const expected = expectedColumns(migrations, version);
  const missing = [...expected.keys()].filter((table) => !found.has(table));
  if (missing.length > 0)
    throw new DamagedHomeError(`${database.name} is damaged: its ${namesOf('table', missing)} missing.`);
  const changed = [...expected].filter(([table, columns]) => found.get(table) !== columns).map(([table]) => table);
  const surplus = [...found.keys()].filter((table) => !expected.has(table) && isOwn(table, migrations));
  if (changed.length > 0 || surplus.length > 0)
    throw new DamagedHomeError(
      `${database.name} is damaged: its ${namesOf('table', [...changed, ...surplus])} not of its schema version ${version}.`,
    );
}

/**
 * Reads the pages of the database within a budget: all of a small one, without the history of runs in a large one.
 * @throws DamagedHomeError
 */
export function checkPages(database: Database, sizeBytes: number): void {
  const tables = [...columnsOf(database).keys()].filter((table) => !longTables.has(table));
  const problems =
    sizeBytes <= quickBytes
      ? problemsOf(database, 'integrity_check')
      : tables.flatMap((table) => problemsOf(database, `integrity_check('${table}')`));
  if (problems.length > 0) throw damaged(database.name, problems);
}

/** Reads every page and index, which takes seconds for each 100 MB. @returns what is wrong; empty if nothing is */
export function checkWhole(database: Database): readonly string[] {
  const references = z.array(z.object({ table: z.string() })).parse(database.pragma('foreign_key_check'));
  const dangling = [...new Set(references.map(({ table }) => table))];
  return [
    ...problemsOf(database, 'integrity_check'),
    ...dangling.map((table) => `rows of ${table} refer to rows that are gone`),
  ];
}

export function damaged(file: string, problems: readonly string[]): DamagedHomeError {
  const [first = ''] = problems;
  return new DamagedHomeError(
    `${file} is damaged: ${first.replace(/\.$/, '')}${problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''}.`,
    problems.join('\n'),
  );
}

function problemsOf(database: Database, check: string): string[] {
  const rows = z.array(z.string()).parse(
    z
      .array(z.record(z.string(), z.string()))
      .parse(database.pragma(check))
      .map((row) => Object.values(row)[0]),
  );
  // Each line of SQLite's may be several: "*** in database main ***" and what is there.
  return rows
    .filter((row) => row !== 'ok')
    .map((row) => row.replaceAll(/\*\*\*.*?\*\*\*\s*/g, '').replaceAll('\n', '; '));
}

/** Columns of each table, in order, as one text. */
function columnsOf(database: Database): Map<string, string> {
  const rows = columnsSchema.parse(
    database
      .prepare(
        `SELECT t.name AS "table", c.name AS "column" FROM sqlite_schema t JOIN pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY t.name, c.cid`,
      )
      .all(),
  );
  const tables = Map.groupBy(rows, ({ table }) => table);
  return new Map([...tables].map(([table, columns]) => [table, columns.map(({ column }) => column).join(', ')]));
}

function expectedColumns(migrations: readonly Migration[], version: number): Map<string, string> {
  const newest = migrations.at(-1)?.version;
  if (migrations === allMigrations && version === newest && newest === newestColumnsVersion)
    return new Map(Object.entries(newestColumns));
  const empty = new SqliteDatabase(':memory:');
  try {
    migrate(empty, migrations, version);
    return columnsOf(empty);
  } finally {
    empty.close();
  }
}

function isOwn(table: string, migrations: readonly Migration[]): boolean {
  return expectedColumns(migrations, Number.POSITIVE_INFINITY).has(table);
}

function namesOf(what: string, names: readonly string[]): string {
  return names.length === 1 ? `${what} ${names[0]} is` : `${what}s ${names.join(', ')} are`;
}
