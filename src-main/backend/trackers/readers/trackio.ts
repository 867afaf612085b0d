import { basename, extname } from 'node:path';
import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { type Database, isSqliteError, openForeignDatabase } from '../../../store/foreign-database.ts';
import type { RecordedRun } from '../../reading/run-schemas.ts';
import { metricOf } from '../../tensorboard/tags.ts';
import { MetricCollector, maxRuns, type RunReader, settingsOf } from './recorded-run.ts';

/** JSON of a row: text, or bytes where Trackio wrote it with orjson. */
const jsonText = z.union([
  z.string(),
  z.instanceof(Uint8Array).transform((bytes) => Buffer.from(bytes).toString('utf8')),
]);
const longestJson = 1024 * 1024;
const rowSchema = z.tuple([z.string(), z.number(), jsonText.nullable(), z.string().nullable()]);
const configSchema = z.tuple([z.string(), jsonText.nullable()]);
const numbersSchema = z.record(z.string(), z.unknown());

/** Trackio's databases, one a project. Earlier versions had the projects in one, and no table of settings. */
export const trackioReader: RunReader = {
  id: 'trackio',
  label: "Trackio's databases (.db)",
  find: ({ path, isFolder, files }) => (isFolder ? files : [path]).filter((file) => extname(file) === '.db'),
  read(source) {
    const database = open(source);
    try {
      const columns = columnsOf(database, 'metrics');
      for (const column of ['run_name', 'step', 'metrics', 'timestamp'])
        if (!columns.includes(column))
          throw new StudioError('invalid_file', `${source} is not a database of Trackio: it has no metrics.${column}.`);
      return readRuns(database, source, columns);
    } catch (error) {
      if (isSqliteError(error)) throw corrupt(source, error);
      throw error;
    } finally {
      database.close();
    }
  },
};

function open(path: string): Database {
  try {
    return openForeignDatabase(path);
  } catch (error) {
    throw corrupt(path, error);
  }
}

/** Columns of a table; empty if there is none, or if it is a view, which could compute anything. */
function columnsOf(database: Database, table: string): string[] {
  const found = database
    .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ? AND sql NOT LIKE 'CREATE VIRTUAL%'")
    .get(table);
  if (found === undefined) return [];
  return z.array(z.string()).parse(database.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table));
}

function readRuns(database: Database, path: string, columns: readonly string[]): RecordedRun[] {
  // A run may share its name with others of a project, and one database may have several projects.
  const key = ['project_name', 'run_name', 'run_id'].filter((column) => columns.includes(column));
  const name = key.map((column) => `coalesce(${column}, '')`).join(` || '\u001f' || `);
  const runs = new Map<string, { collector: MetricCollector; first: number | null; last: number | null }>();
  const rows = database
    .prepare(
      `SELECT ${name}, step, CASE WHEN length(metrics) <= ${longestJson} THEN metrics END, timestamp
         FROM metrics ORDER BY ${columns.includes('id') ? 'id' : 'rowid'}`,
    )
    .raw()
    .iterate();
  for (const row of rows) {
    const parsed = rowSchema.safeParse(row);
    if (!parsed.success) continue;
    const [run, counter, text, timestamp] = parsed.data;
    let entry = runs.get(run);
    if (entry === undefined) {
      if (runs.size >= maxRuns) throw new StudioError('invalid_file', `${path} has more than ${maxRuns} runs.`);
      entry = { collector: new MetricCollector(path), first: null, last: null };
      runs.set(run, entry);
    }
    const time = Date.parse(timestamp ?? '');
    if (!Number.isNaN(time)) {
      entry.first = Math.min(entry.first ?? time, time);
      entry.last = Math.max(entry.last ?? time, time);
    }
    const values = valuesOf(text);
    // Transformers logs its step as a value; Trackio's own then only counts the calls.
    const step = values['train/global_step'] ?? counter;
    for (const [metric, value] of Object.entries(values))
      if (metric !== 'train/global_step') entry.collector.add(metricOf(metric), step, value);
  }
  const settings = readSettings(database);
  const names = new Map<string, number>();
  return [...runs]
    .filter(([, { collector }]) => !collector.isEmpty)
    .map(([run, { collector, first, last }]) => {
      const parts = run.split('\u001f');
      const own = parts[key.indexOf('run_name')] ?? run;
      const count = (names.get(own) ?? 0) + 1;
      names.set(own, count);
      const title = own === '' ? basename(path, '.db') : own;
      return {
        name: count === 1 ? title : `${title} (${count})`,
        columns: collector.columns(),
        settings: settings.get(parts[key.indexOf('run_id')] ?? '') ?? settings.get(own) ?? {},
        startedAt: first,
        finishedAt: last,
      };
    });
}

/** Settings by the ids of the runs, and by their names in versions without ids. */
function readSettings(database: Database): Map<string, RecordedRun['settings']> {
  const columns = columnsOf(database, 'configs');
  if (!columns.includes('run_name') || !columns.includes('config')) return new Map();
  const rows = database
    .prepare(
      `SELECT ${columns.includes('run_id') ? 'coalesce(run_id, run_name)' : 'run_name'},
         CASE WHEN length(config) <= ${longestJson} THEN config END FROM configs LIMIT ${maxRuns}`,
    )
    .raw()
    .all();
  return new Map(
    rows.flatMap((row) => {
      const parsed = configSchema.safeParse(row);
      if (!parsed.success) return [];
      const [run, text] = parsed.data;
      // Trackio's own settings, _Username and others, are irrelevant for the run.
      const own = Object.entries(settingsOf(parseJson(text))).filter(([name]) => !/^_[A-Z]/.test(name));
      return [[run, Object.fromEntries(own)]];
    }),
  );
}

/** The numbers of a row. Numbers without a JSON form are strings in Trackio, and no points of a curve. */
function valuesOf(text: string | null): Record<string, number> {
  const parsed = numbersSchema.safeParse(parseJson(text));
  if (!parsed.success) return {};
  return Object.fromEntries(
    Object.entries(parsed.data).flatMap(([name, value]) => (typeof value === 'number' ? [[name, value]] : [])),
  );
}

function parseJson(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return null;
  }
}

function corrupt(path: string, error: unknown): StudioError {
  return new StudioError(
    'invalid_file',
    `${path} cannot be read as a database of Trackio: ${error instanceof Error ? error.message : String(error)}.`,
  );
}
