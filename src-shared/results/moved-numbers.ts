import { z } from 'zod';
import { provenanceSchema } from '../domain/adapters/provenance.ts';

/** Fields of a saved result.json that later results are compared with. */
export const expectedResultSchema = z.looseObject({
  name: z.string(),
  kind: z.string(),
  config: z.unknown(),
  result: z.record(z.string(), z.unknown()),
  tables: z.array(z.object({ title: z.string(), columns: z.array(z.string()), rows: z.array(z.array(z.string())) })),
  provenance: provenanceSchema.nullable().default(null),
});
export type ExpectedResult = z.infer<typeof expectedResultSchema>;

/** A value of a result at its path, e.g. outcomes[0].cells[1].own.mean; null where one of both results lacks it. */
export interface MovedValue {
  readonly path: string;
  readonly expected: string | number | boolean | null;
  readonly found: string | number | boolean | null;
}

/** A cell of a table, named by its row's first cell and its column. */
export interface MovedCell {
  readonly table: string;
  readonly row: string;
  readonly column: string;
  readonly expected: string;
  readonly found: string;
}

export interface ResultComparison {
  /** Numbers of the expected result. */
  readonly numbers: number;
  readonly moved: readonly MovedValue[];
  readonly cells: readonly MovedCell[];
  /** Settings that differ: the results are of different studies then. */
  readonly settings: readonly MovedValue[];
  /** Adapters of the same name and seed whose files differ, and the number of adapters compared. */
  readonly adapters: { readonly compared: number; readonly changed: readonly string[] };
  /** Differences in how the results were made: "commit 88b6e1c → 2ea6301". */
  readonly made: readonly string[];
}

type Found = Pick<ExpectedResult, 'config' | 'result' | 'tables' | 'provenance'>;

/**
 * Compares a result with an expected one, value by value.
 * @param tolerance difference of two numbers that still counts as equal, in the unit of the result
 */
export function compareResults(expected: Found, found: Found, tolerance = 0): ResultComparison {
  const [before, after] = [leavesOf(expected.result), leavesOf(found.result)];
  return {
    numbers: [...before.values()].filter((value) => typeof value === 'number').length,
    moved: differences(before, after, tolerance),
    cells: movedCells(expected.tables, found.tables),
    settings: changedSettings(expected.config, found.config),
    adapters: changedAdapters(expected.provenance, found.provenance),
    made: differencesOfOrigin(expected.provenance, found.provenance),
  };
}

/** Values of settings that differ between two studies. */
export function changedSettings(before: unknown, after: unknown): MovedValue[] {
  return differences(leavesOf(before), leavesOf(after), 0);
}

/** The largest distance of two numbers at one path; null without any. */
export function largestMove(moved: readonly MovedValue[]): MovedValue | null {
  let [largest, distance]: [MovedValue | null, number] = [null, Number.NEGATIVE_INFINITY];
  for (const one of moved) {
    const { expected, found } = one;
    if (typeof expected !== 'number' || typeof found !== 'number') continue;
    if (Math.abs(found - expected) > distance) [largest, distance] = [one, Math.abs(found - expected)];
  }
  return largest;
}

type Leaf = string | number | boolean | null;

function leavesOf(value: unknown, path = '', leaves = new Map<string, Leaf>()): Map<string, Leaf> {
  if (Array.isArray(value)) for (const [at, item] of value.entries()) leavesOf(item, `${path}[${at}]`, leaves);
  else if (typeof value === 'object' && value !== null)
    for (const [name, item] of Object.entries(value)) leavesOf(item, path === '' ? name : `${path}.${name}`, leaves);
  else if (value === null || ['string', 'number', 'boolean'].includes(typeof value))
    leaves.set(path, leafSchema.parse(value));
  return leaves;
}

const leafSchema = z.union([z.string(), z.number(), z.boolean(), z.null()]);

function differences(
  before: ReadonlyMap<string, Leaf>,
  after: ReadonlyMap<string, Leaf>,
  tolerance: number,
): MovedValue[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].flatMap((path) => {
    const [expected, found] = [before.get(path) ?? null, after.get(path) ?? null];
    if (expected === found) return [];
    const isNear = typeof expected === 'number' && typeof found === 'number' && Math.abs(found - expected) <= tolerance;
    return isNear ? [] : [{ path, expected, found }];
  });
}

function movedCells(expected: Found['tables'], found: Found['tables']): MovedCell[] {
  return expected.flatMap((table, at) => {
    const other = found.find(({ title }) => title === table.title) ?? found[at];
    return table.rows.flatMap((row, place) => {
      const now = other?.rows[place];
      return row.flatMap((cell, column): MovedCell[] => {
        const name = table.columns[column] ?? '';
        const own = other?.columns[column] === name ? column : (other?.columns.indexOf(name) ?? -1);
        const value = now?.[own] ?? '';
        return value === cell
          ? []
          : [{ table: table.title, row: row[0] ?? '', column: name, expected: cell, found: value }];
      });
    });
  });
}

type Origin = ExpectedResult['provenance'];

function changedAdapters(expected: Origin, found: Origin): ResultComparison['adapters'] {
  const keyOf = ({ name, seed }: { name: string; seed: number | null }) => JSON.stringify([name, seed]);
  const hashes = new Map(found?.adapters.map((adapter) => [keyOf(adapter), adapter.sha256]));
  const compared = (expected?.adapters ?? []).filter((adapter) => hashes.has(keyOf(adapter)));
  return {
    compared: compared.length,
    changed: compared
      .filter((adapter) => hashes.get(keyOf(adapter)) !== adapter.sha256)
      .map(({ name, seed }) => (seed === null ? name : `${name}, seed ${seed}`)),
  };
}

function differencesOfOrigin(expected: Origin, found: Origin): string[] {
  if (expected === null || found === null) return [];
  const facts = ({ version, commit, cpu, backend, threads, trainedOn, bases, datasets }: NonNullable<Origin>) => ({
    version,
    commit: commit ?? 'unknown',
    processor: cpu,
    backend: backend === null ? 'none' : `${backend.id}${backend.device === null ? '' : ` (${backend.device})`}`,
    threads: threads === null ? 'one a core' : String(threads),
    training: trainedOn.join('; '),
    bases: bases.map(({ fingerprint }) => fingerprint).join(', '),
    data: datasets.map(({ sha256 }) => sha256 ?? 'not hashed').join(', '),
  });
  const now = new Map(Object.entries(facts(found)));
  return Object.entries(facts(expected)).flatMap(([name, before]) => {
    const after = now.get(name) ?? '';
    return before === after ? [] : [`${name}: ${before} → ${after}`];
  });
}
