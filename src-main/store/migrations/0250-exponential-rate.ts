import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import type { Migration } from './migration.ts';

/** Default of `exponential_rate` up to this version; the default since then is the paper's −1. */
const formerRate = 5;
const newRate = -1;

/** Columns with one run or one schedule each. */
const runColumns = [
  { table: 'runs', column: 'config' },
  { table: 'adapters', column: 'coto' },
] as const;

const rowsSchema = z.array(z.object({ id: z.string(), json: z.string().nullable() }));
const objectSchema = z.record(z.string(), z.unknown());
type Fields = z.infer<typeof objectSchema>;

/**
 * Recorded runs and studies keep their exponential curve: where its rate was the default, the rate is written out. The
 * unused rate of any other curve becomes the new default, so that old and new runs compare as equal.
 */
export const migration: Migration = {
  version: 250,
  name: 'rate of the exponential curve',
  up(database) {
    for (const { table, column } of runColumns)
      rewrite(database, table, column, (value) => withRates(value, unusedRateReset));
    rewrite(database, 'studies', 'config', (value) => withGridRates(withRates(value, (schedule) => schedule)));
  },
};

function rewrite(database: Database, table: string, column: string, change: (value: unknown) => unknown): void {
  const rows = rowsSchema.parse(database.prepare(`SELECT id, ${column} AS json FROM ${table}`).all());
  const update = database.prepare(`UPDATE ${table} SET ${column} = ? WHERE id = ?`);
  for (const { id, json } of rows) {
    if (json === null) continue;
    const current = JSON.stringify(change(JSON.parse(json)));
    if (current !== json) update.run(current, id);
  }
}

/** Adds the former rate to every exponential schedule without a rate; `other` changes schedules with other curves. */
function withRates(value: unknown, other: (schedule: Fields) => Fields): unknown {
  if (Array.isArray(value)) return value.map((item) => withRates(item, other));
  const object = objectSchema.safeParse(value).data;
  if (object === undefined) return value;
  if (object['curve'] === 'exponential') return { exponential_rate: formerRate, ...object };
  const entries = Object.entries(object).map(([name, inner]) => [name, withRates(inner, other)]);
  return other(Object.fromEntries(entries));
}

function unusedRateReset(schedule: Fields): Fields {
  return 'curve' in schedule && schedule['exponential_rate'] === formerRate
    ? { ...schedule, exponential_rate: newRate }
    : schedule;
}

/** Adds the former rate beside a field `coto.curve` of a study whose cells or variants take CoTo's defaults. */
function withGridRates(config: unknown): unknown {
  const study = objectSchema.safeParse(config).data;
  if (study === undefined) return config;
  const hasRate = objectSchema.safeParse(objectSchema.safeParse(study['run']).data?.['coto']).success;
  const withRate = (value: unknown, rate: unknown): unknown => {
    const fields = objectSchema.safeParse(value).data;
    if (fields === undefined || (hasRate && !('coto' in fields)) || 'coto.exponential_rate' in fields) return value;
    const isExponential = [fields['coto.curve']].flat().includes('exponential');
    return isExponential ? { ...fields, 'coto.exponential_rate': rate } : value;
  };
  const changed = { ...study };
  if ('grid' in study) changed['grid'] = withRate(study['grid'], [formerRate]);
  for (const name of ['variants', 'tasks']) {
    const members = z.array(objectSchema).safeParse(study[name]).data;
    if (members === undefined) continue;
    changed[name] = members.map((member) =>
      'settings' in member ? { ...member, settings: withRate(member['settings'], formerRate) } : member,
    );
  }
  return changed;
}
