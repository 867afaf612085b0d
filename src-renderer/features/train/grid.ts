import { z } from 'zod';
import type { Declaration } from '../../../src-shared/domain/parameter.ts';
import { numberFromText } from '../../../src-shared/domain/parameter-text.ts';
import type { RunConfig } from '../../../src-shared/domain/run.ts';
import { checkDraft, type Draft, defaultsOf } from './draft.ts';

/** One axis of a grid: a field of the form and the values that it takes. */
export interface GridAxis {
  readonly field: string;
  readonly values: readonly (number | boolean | string)[];
}

export interface GridRun {
  readonly name: string;
  readonly config: RunConfig;
}

export const gridLimit = 200;

const valuesInput = z.string();

/**
 * "1, 2, 3" or "1-5" (whole numbers) → the values in order, without doubles. Anything that is no number is kept as text
 * and refused later by the run's schema with the field's own sentence.
 */
export function valuesFromText(text: string): (number | string)[] {
  const values: (number | string)[] = [];
  for (const part of valuesInput.parse(text).split(/[\s,;]+/)) {
    if (part === '') continue;
    const range = /^(\d+)(?:-|\.\.|–)(\d+)$/.exec(part);
    if (range) {
      const [first, last] = [Number(range[1]), Number(range[2])];
      for (let value = first; value <= last && values.length <= gridLimit; value++) values.push(value);
    } else values.push(numberFromText(part));
  }
  return [...new Set(values)];
}

/**
 * Every combination of the axes' values over `draft`, the first axis changing slowest. A combination that the schema
 * refuses is answered with its sentence instead of the runs. `base` begins every name: a text, or what says of each config
 * what it trains on what; CoTo is then named by it.
 */
export function expandGrid(
  draft: Draft,
  axes: readonly GridAxis[],
  base: string | ((config: RunConfig) => string),
  variants: readonly Declaration[],
): { runs: readonly GridRun[]; problem: string | null } {
  const used = axes.filter((axis) => axis.values.length > 0);
  const count = used.reduce((product, axis) => product * axis.values.length, 1);
  if (count > gridLimit)
    return { runs: [], problem: `${count} runs are more than the ${gridLimit} that one grid may queue.` };
  let combinations: { draft: Draft; parts: string[] }[] = [{ draft, parts: [] }];
  for (const axis of used)
    combinations = combinations.flatMap((combination) =>
      axis.values.map((value) => ({
        draft: { ...combination.draft, [axis.field]: value },
        parts: [
          ...combination.parts,
          typeof base === 'function' && axis.field === 'coto' ? '' : partName(axis.field, value),
        ],
      })),
    );
  const runs: GridRun[] = [];
  for (const combination of combinations) {
    const check = checkDraft(combination.draft, variants);
    if (!check.ok) {
      const [field, sentence] = [...check.problems][0] ?? ['', ''];
      return { runs: [], problem: `${field}: ${sentence}` };
    }
    const start = typeof base === 'function' ? base(check.config) : base;
    runs.push({
      name: [start, ...combination.parts].filter((part) => part !== '').join(' · '),
      config: check.config,
    });
  }
  return { runs, problem: null };
}

/** A field's own name without its card's prefix. */
export function shortName(name: string): string {
  return name.replace(/^(adapter|coto)\./, '');
}

function partName(field: string, value: number | boolean | string): string {
  if (field === 'coto') return value === true ? 'CoTo' : 'without CoTo';
  return `${shortName(field)} ${value}`;
}

/** Numeric fields that a grid may run over, by their names in the YAML. */
export function gridFields(draft: Draft, variants: readonly Declaration[]): string[] {
  return Object.entries(defaultsOf(draft, variants))
    .filter(([name, value]) => typeof value === 'number' && name !== 'seed')
    .map(([name]) => name);
}
