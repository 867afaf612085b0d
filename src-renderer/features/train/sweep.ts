import type { TextDescription } from '../../../src-shared/domain/data/dataset.ts';
import type { Declaration, ParameterSpec, ParameterValue } from '../../../src-shared/domain/parameters/parameter.ts';
import { numberFromText, textOfValue, valueFromText } from '../../../src-shared/domain/parameters/parameter-text.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { TaskId } from '../../../src-shared/domain/runs/task.ts';
import { defaultMetric, metrics } from '../../../src-shared/metrics/index.ts';
import { loss } from '../../../src-shared/metrics/loss.ts';
import { cellsOf, type Grid } from '../../../src-shared/studies/grid/grid-cells.ts';
import { taskDeclaration } from '../../../src-shared/tasks/index.ts';
import { trainStrings } from '../../strings/train.ts';
import { checkDraft, type Draft, differingFields } from './draft.ts';
import { runFields } from './run-fields.ts';

/** One axis of a sweep: a field of the form and the values that it takes. */
export interface SweepAxis {
  readonly field: string;
  readonly values: readonly ParameterValue[];
}

export interface Sweep {
  readonly axes: readonly SweepAxis[];
  readonly seeds: readonly number[];
  /** True if every combination also runs without CoTo. */
  readonly paired: boolean;
}

export interface SweepRun {
  readonly name: string;
  readonly config: RunConfig;
}

export const sweepLimit = 200;

/**
 * Returns the metric that a study of a sweep compares: the task's own for the best checkpoint, or the loss if the labels
 * are numbers. A task with several takes the one for the kind of its labels; `task` is null while it is unknown.
 */
export function sweepMetric(task: TaskId | null, labelKind: TextDescription['labelKind'] | undefined): string {
  if (task === null) return defaultMetric.id;
  const { bestBy } = taskDeclaration(task);
  const [first = loss.id, ...others] = bestBy;
  if (others.length === 0) return labelKind === 'numbers' ? loss.id : first;
  const outcome = labelKind === 'numbers' ? 'numbers' : labelKind === 'classes' ? 'alike' : 'retrieval';
  const found = metrics.find(({ id, definedFor }) => bestBy.some((own) => own === id) && definedFor.includes(outcome));
  return found?.id ?? loss.id;
}

/** Every field that a sweep may run over: the seeds and CoTo's switch have inputs of their own. */
export function sweepFields(draft: Draft, variants: readonly Declaration[]): ParameterSpec[] {
  return runFields(draft, variants).filter(({ name }) => name !== 'seed' && name !== 'coto');
}

/** Returns the input form of an axis's values: chosen from a list, a line each, or a list of numbers. */
export function valuesInput({ type }: ParameterSpec): 'choices' | 'lines' | 'numbers' {
  if (type === 'choice' || type === 'boolean') return 'choices';
  return type === 'integer' || type === 'number' ? 'numbers' : 'lines';
}

/**
 * "1, 2, 3" or "1-5" (whole numbers) → the values in order, without doubles. Anything that is no number is kept as text
 * and refused later by the run's schema with the field's own sentence.
 */
export function valuesFromText(text: string): (number | string)[] {
  const values: (number | string)[] = [];
  for (const part of text.split(/[\s,;]+/)) {
    if (part === '') continue;
    const range = /^(\d+)(?:-|\.\.|–)(\d+)$/.exec(part);
    if (range) {
      const [first, last] = [Number(range[1]), Number(range[2])];
      for (let value = first; value <= last && values.length <= sweepLimit; value++) values.push(value);
    } else values.push(numberFromText(part));
  }
  return [...new Set(values)];
}

/** The values that were given for a field, each once. */
export function axisValues(spec: ParameterSpec, text: string, chosen: readonly string[]): ParameterValue[] {
  const kind = valuesInput(spec);
  const values =
    kind === 'choices'
      ? chosen.map((word) => valueFromText(spec, word))
      : kind === 'numbers'
        ? valuesFromText(text).map((value) => (spec.nullable && value === 'none' ? null : value))
        : text
            .split('\n')
            .filter((line) => line.trim() !== '')
            .map((line) => valueFromText(spec, line));
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

function combinationsOf(axes: readonly SweepAxis[]): Draft[] {
  return cellsOf(Object.fromEntries(axes.map(({ field, values }) => [field, values])));
}

interface Parts {
  /** Combinations of the fields that are not CoTo's. */
  readonly others: readonly Draft[];
  /** CoTo off (null), or on with these settings in place of the form's. */
  readonly coto: readonly (Draft | null)[];
  /** True if CoTo differs between the runs. */
  readonly variesCoto: boolean;
}

/** Without CoTo its settings mean nothing: the runs without it are not repeated for each of their values. */
function partsOf(draft: Draft, { axes, paired }: Sweep): Parts {
  const used = axes.filter(({ values }) => values.length > 0);
  const ofCoto = used.filter(({ field }) => field.startsWith('coto.'));
  const isOn = draft['coto'] === true || paired || ofCoto.length > 0;
  const on = isOn ? combinationsOf(ofCoto) : [];
  const coto = [...(paired || !isOn ? [null] : []), ...on];
  return {
    others: combinationsOf(used.filter(({ field }) => !field.startsWith('coto.'))),
    coto,
    variesCoto: coto.length > 1 || ofCoto.length > 0,
  };
}

/**
 * The runs of a sweep, the seed changing fastest; equal ones once. A run that the schema refuses is answered with its sentence
 * instead. `base` begins every name: a text, or what says of each config what it trains on what; CoTo is then named by it.
 */
export function sweepRuns(
  draft: Draft,
  sweep: Sweep,
  base: string | ((config: RunConfig) => string),
  variants: readonly Declaration[],
): { readonly runs: readonly SweepRun[]; readonly problem: string | null } {
  const { others, coto, variesCoto } = partsOf(draft, sweep);
  const seeds: readonly ParameterValue[] = sweep.seeds.length > 0 ? sweep.seeds : [draft['seed'] ?? null];
  const count = others.length * coto.length * seeds.length;
  if (count > sweepLimit) return { runs: [], problem: trainStrings.tooManyRuns(count, sweepLimit) };
  const labels = new Map(runFields(draft, variants).map((spec) => [spec.name, spec]));
  const runs = new Map<string, SweepRun>();
  for (const other of others)
    for (const settings of coto)
      for (const seed of seeds) {
        const check = checkDraft({ ...draft, ...other, ...settings, coto: settings !== null, seed }, variants);
        if (!check.ok) {
          const [field, sentence] = [...check.problems][0] ?? ['', ''];
          return { runs: [], problem: `${labels.get(field)?.label ?? field}: ${sentence}` };
        }
        const start = typeof base === 'function' ? base(check.config) : base;
        const named = typeof base === 'function' || !variesCoto ? '' : settings === null ? 'without CoTo' : 'CoTo';
        const fields = Object.entries({ ...other, ...settings })
          // A name made of the config says the variant.
          .filter(([name]) => typeof base !== 'function' || name !== 'adapter.variant')
          .map(([name, value]) => partName(name, value, labels.get(name)));
        const last = sweep.seeds.length > 0 ? [`seed ${textOfValue(seed)}`] : [];
        const key = JSON.stringify(check.config);
        if (!runs.has(key))
          runs.set(key, {
            name: [start, named, ...fields, ...last].filter((part) => part !== '').join(' · '),
            config: check.config,
          });
      }
  return { runs: [...runs.values()], problem: null };
}

/** The fields of an ablation study that trains the same runs; CoTo is one field with its settings as values. */
export function sweepGrid(draft: Draft, sweep: Sweep, variants: readonly Declaration[]): Grid {
  const { coto, variesCoto } = partsOf(draft, sweep);
  const own = cotoSettings(draft, differingFields({ ...draft, coto: true }, variants));
  const grid: Grid = {};
  if (variesCoto)
    grid['coto'] = coto.map((settings) =>
      settings === null ? null : { ...own, ...cotoSettings(settings, Object.keys(settings)) },
    );
  for (const { field, values } of sweep.axes)
    if (!field.startsWith('coto.') && values.length > 0) grid[field] = [...values];
  return grid;
}

/** CoTo's settings of these names, by their own. */
function cotoSettings(draft: Draft, names: readonly string[]): Record<string, ParameterValue> {
  return Object.fromEntries(
    names
      .filter((name) => name.startsWith('coto.'))
      .map((name) => [name.slice('coto.'.length), draft[name] ?? null] as const),
  );
}

/** A field's own name without its card's prefix. */
function shortName(name: string): string {
  return name.replace(/^(adapter|coto)\./, '');
}

function partName(field: string, value: ParameterValue, spec: ParameterSpec | undefined): string {
  const words = spec?.choices?.find((choice) => choice.value === value)?.label ?? textOfValue(value);
  return field === 'adapter.variant' ? words : `${shortName(field)} ${words || 'none'}`;
}
