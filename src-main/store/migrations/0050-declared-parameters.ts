import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import type { Migration } from './migration.ts';

/** Columns with runs, tasks and merge parameters as JSON. */
const columns = [
  { table: 'runs', key: 'id', column: 'config' },
  { table: 'studies', key: 'id', column: 'config' },
  { table: 'studies', key: 'id', column: 'result' },
  { table: 'jobs', key: 'id', column: 'payload' },
  { table: 'job_results', key: 'job_id', column: 'result' },
] as const;

/** Keys of a run's adapter that every variant has; the others became parameters of the variant. */
const adapterFields = new Set([
  'variant',
  'parameters',
  'target_modules',
  'exclude_modules',
  'layers_to_transform',
  'modules_to_save',
]);

const rowsSchema = z.array(z.object({ id: z.string(), json: z.string().nullable() }));
const objectSchema = z.record(z.string(), z.unknown());

/**
 * The adapter of a run is `{ variant, parameters, target_modules, ... }` instead of all in one object; the task's
 * setting length_normalised and the merge parameter normalise are spelled with a z.
 */
export const migration: Migration = {
  version: 50,
  name: 'parameters of adapter variants',
  up(database) {
    for (const place of columns) rewrite(database, place);
  },
};

function rewrite(database: Database, { table, key, column }: (typeof columns)[number]): void {
  const rows = rowsSchema.parse(database.prepare(`SELECT ${key} AS id, ${column} AS json FROM ${table}`).all());
  const update = database.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${key} = ?`);
  for (const { id, json } of rows) {
    if (json === null) continue;
    const current = JSON.stringify(withCurrentKeys(JSON.parse(json)));
    if (current !== json) update.run(current, id);
  }
}

function withCurrentKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withCurrentKeys);
  const object = objectSchema.safeParse(value);
  if (!object.success) return value;
  const entries = Object.entries(object.data).map(([key, inner]): [string, unknown] => {
    if (key === 'length_normalised') return ['length_normalized', inner];
    if (key === 'adapter') return [key, withParameters(inner)];
    if (key === 'parameters') return [key, withNormalize(inner)];
    return [key, withCurrentKeys(inner)];
  });
  return Object.fromEntries(entries);
}

/** The adapter of a run; in a study, the same key is a reference, without a variant. */
function withParameters(value: unknown): unknown {
  const object = objectSchema.safeParse(value);
  if (!object.success || !('variant' in object.data) || 'parameters' in object.data) return value;
  const entries = Object.entries(object.data);
  return {
    ...Object.fromEntries(entries.filter(([key]) => adapterFields.has(key))),
    parameters: Object.fromEntries(entries.filter(([key]) => !adapterFields.has(key))),
  };
}

function withNormalize(value: unknown): unknown {
  const object = objectSchema.safeParse(value);
  if (!object.success) return value;
  const entries = Object.entries(object.data);
  return Object.fromEntries(entries.map(([key, inner]) => [key === 'normalise' ? 'normalize' : key, inner]));
}
