import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { checkedParameters } from '../../../../src-shared/domain/parameters/parameter-check.ts';
import type { JobSpec, MergeTuning, ScoreSpec, Subject } from '../../../../src-shared/domain/studies/plan.ts';
import type { ScaleTuning } from '../../../../src-shared/studies/merging/merge-scales.ts';
import { multitaskStudy } from '../../../../src-shared/studies/task-sets/multitask.ts';
import {
  type MethodChoice,
  type MultitaskConfig,
  type MultitaskRow,
  methodsOf,
} from '../../../../src-shared/studies/task-sets/multitask-schemas.ts';
import { referencesOfSets } from '../../../../src-shared/studies/task-sets/task-sets.ts';
import { mergeMethod, placeboIds } from '../../merge/methods/index.ts';
import { looksAtData } from '../../merge/search/search-parameters.ts';
import { defineStudyWork, type ScoreOf, type StudyAdapters } from '../define-study-work.ts';
import { searchFor } from '../merging/merge-search.ts';
import {
  chosenScale,
  heldOutOf,
  scaleCurve,
  scaleField,
  type TriedScales,
  triedScales,
  withHeldOut,
} from '../merging/scale-tuning.ts';
import { foldMultitask } from './multitask-fold.ts';
import { multitaskKey, singleKey } from './multitask-keys.ts';
import { taskSetWork } from './task-set-sweeps.ts';
import {
  type PlannedSets,
  plannedSets,
  refusalOfPlacebos,
  refusalOfSets,
  type SetGroup,
  scoredOn,
  type TaskSet,
} from './task-sets.ts';

/** Sets of one adapter for each task, alone and merged by each method, beside the base and placebos. */
export const multitaskWork = defineStudyWork(multitaskStudy, {
  primaryMetric: ({ metric }) => metric,
  ...taskSetWork(
    (config: MultitaskConfig, sets) => {
      const rows = rowsOf(config);
      const tried = triedScales(config);
      const scaleOf: ScaleOf = (_, row) => (tried !== null && isScaled(row) ? null : 1);
      return placedSets(sets).flatMap((placed) => [
        ...specsOfSet(config, sets, rows, placed, scaleOf),
        ...(tried === null ? [] : tuningSpecs(config, sets, rows, placed, tried)),
      ]);
    },
    (config, sets, scoreOf) => {
      if (triedScales(config) === null) return [];
      const rows = rowsOf(config);
      const curves = scoreOf === null ? [] : (scaleTuning(config, sets, rows, scoreOf)?.curves ?? []);
      const scaleOf: ScaleOf = (group, row) => (isScaled(row) ? chosenScale(curves, group, row.index) : null);
      return placedSets(sets).flatMap((placed) => specsOfSet(config, sets, rows, placed, scaleOf));
    },
  ),
  async fit(config, facts) {
    const methods: MethodChoice[] = [];
    const areScaled = config.merge_scales !== undefined;
    for (const [index, method] of methodsOf(config).entries()) {
      const refusal = await refusalOfSets(config, { ...methodAt(config, index), isScaled: areScaled }, facts);
      if (refusal === null) methods.push(method);
      else if (config.methods !== null) {
        const { label } = mergeMethod(methodAt(config, index).id).declaration;
        throw new StudioError('refused', `methods: ${label}: ${refusal.message}`, refusal.hint).at('methods');
      }
    }
    const makesAdapter = methods.some(
      (one) => mergeMethod(typeof one === 'string' ? one : one.method).makes === 'adapter',
    );
    if (makesAdapter && (config.placebos || config.random_adapters)) {
      const refusal = await refusalOfPlacebos(config, facts);
      if (refusal !== null)
        throw new StudioError(
          'refused',
          `placebos: ${refusal.message}`,
          'Set placebos and random_adapters to false: they are made of updates B·A.',
        ).at('placebos');
    }
    const fitted = { ...config, methods };
    if (methods.length > 0) return areScaled ? withHeldOut(fitted, await heldOutOfSets(config, facts)) : fitted;
    throw new StudioError(
      'refused',
      'None of the usual merge methods is possible with these adapters.',
      'Name methods.',
    ).at('methods');
  },
  fold(config, scoreOf) {
    const [sets, rows] = [plannedSets(config), rowsOf(config)];
    const scaling = scaleTuning(config, sets, rows, scoreOf);
    return { ...foldMultitask(config, sets, rows, scoreOf), ...(scaling === null ? {} : { scaling }) };
  },
});

/**
 * The rows of the study: base, adapters alone, the best single adapter, then each merge with its controls.
 * @throws StudioError for a method that is not known or cannot merge as many adapters
 */
export function rowsOf(config: MultitaskConfig): MultitaskRow[] {
  const plain = { index: null, method: null, placebo: null, outputs: false, label: null };
  const merges = methodsOf(config).flatMap((given, index): MultitaskRow[] => {
    const { id, label } = methodAt(config, index);
    const method = mergeMethod(id);
    const most = method.needs.adapters?.maximum;
    if (most !== undefined && most < config.tasks.length)
      throw new StudioError(
        'refused',
        `methods: ${method.declaration.label} takes ${most === 1 ? 'one adapter' : `${most} adapters`}, and there are ${config.tasks.length} tasks.`,
        placeboIds.includes(id) ? 'Remove it from methods, and set placebos.' : 'Remove it from methods.',
      ).at('methods');
    const outputs = method.makes === 'outputs';
    const written = Object.entries(typeof given === 'string' ? {} : given.parameters)
      .map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
      .join(', ');
    const merge = { ...plain, index, method: id, outputs, label: label ?? (written === '' ? null : written) };
    return [
      { ...merge, kind: 'merge' },
      ...(config.placebos && !outputs
        ? placeboIds.map((placebo): MultitaskRow => ({ ...merge, kind: 'placebo', placebo }))
        : []),
      ...(config.random_adapters && !outputs ? [{ ...merge, kind: 'random' as const }] : []),
    ];
  });
  return [{ ...plain, kind: 'base' }, { ...plain, kind: 'own' }, { ...plain, kind: 'single' }, ...merges];
}

/** A method of the config with its parameters checked and filled in. */
function methodAt(config: MultitaskConfig, index: number) {
  const given = methodsOf(config)[index] ?? '';
  const { method: id, parameters, label } = typeof given === 'string' ? { method: given, parameters: {} } : given;
  const search = searchFor(id, config.seed, config);
  return { id, label, parameters: checkedParameters(mergeMethod(id).declaration, { ...search, ...parameters }) };
}

interface PlacedSet {
  readonly group: SetGroup;
  /** Index of the group. */
  readonly place: number;
  readonly set: TaskSet;
  readonly index: number;
}

function placedSets({ groups }: PlannedSets): PlacedSet[] {
  return groups.flatMap((group, place) => group.sets.map((set, index) => ({ group, place, set, index })));
}

/** λ of a row of a group, by its index; null: the row is left to another round. */
type ScaleOf = (group: number, row: MultitaskRow) => number | null;

/** Specs of the rows that have a λ. */
function specsOfSet(
  config: MultitaskConfig,
  { tasks }: PlannedSets,
  rows: readonly MultitaskRow[],
  { group, place, set, index }: PlacedSet,
  scaleOf: ScaleOf,
): JobSpec[] {
  const where = `${group.label}, seed ${set.seed}`;
  const adapterOf = (task: number): Subject => set.adapters[task] ?? { kind: 'base' };
  const common = { kind: 'score', eval_samples: config.eval_samples } as const;
  const spec = (
    key: string,
    task: number,
    what: string,
    subject: Subject,
    more: Partial<ScoreSpec> = {},
  ): ScoreSpec => ({
    ...common,
    key,
    title: `${what} on ${tasks[task]?.name ?? ''}, ${where}`,
    names: [set.names[task] ?? '', ...set.names],
    ...scoredOn(tasks[task]),
    subject: subject === adapterOf(task) ? subject : { kind: 'withHead', subject, head: adapterOf(task) },
    forgetting: false,
    ...more,
  });
  const specsOf = (row: MultitaskRow, at: number, task: number, scale: number): ScoreSpec[] => {
    const key = multitaskKey(place, index, at, task);
    const what = titleOf(row);
    const merged = (method: string, parameters: ParameterValues, of: Subject): Subject => ({
      kind: 'merge',
      method,
      parameters,
      inputs: [{ subject: of, weight: 1 }],
    });
    switch (row.kind) {
      case 'base':
        return [spec(key, task, what, { kind: 'base' })];
      case 'own':
        return [spec(key, task, what, adapterOf(task), { names: [set.names[task] ?? ''], forgetting: true })];
      case 'single':
        return set.adapters.flatMap((adapter, other) =>
          other === task ? [] : [spec(singleKey(place, index, other, task), task, what, adapter)],
        );
      case 'merge':
        // Forgetting of a merge does not depend on the head.
        return [spec(key, task, what, mergeOf(config, row, set, tasks, scale), { forgetting: task === 0 })];
      case 'placebo': {
        const of = mergeOf(config, row, set, tasks, scale);
        return [spec(key, task, what, merged(row.placebo ?? '', { seed: config.seed + index }, of))];
      }
      case 'random':
        return [spec(key, task, what, randomOthers(config, row, set, task, index, scale))];
    }
  };
  return rows.flatMap((row, at) => {
    const scale = scaleOf(place, row);
    return scale === null ? [] : tasks.flatMap((_, task) => specsOf(row, at, task, scale));
  });
}

/** Scores on held-out examples that choose λ. All values of a merge follow each other, so that it is made once. */
function tuningSpecs(
  config: MultitaskConfig,
  { tasks }: PlannedSets,
  rows: readonly MultitaskRow[],
  { group, place, set, index }: PlacedSet,
  { scales, validation_samples }: TriedScales,
): ScoreSpec[] {
  return rows.flatMap((row, at) => {
    if (row.kind !== 'merge' || !isScaled(row)) return [];
    return scales.flatMap((scale) =>
      tasks.map(({ name, dataset }, task) => ({
        kind: 'score' as const,
        key: scaleKey(place, index, at, scale, task),
        title: `${titleOf(row)}, λ = ${scale} on ${name}, ${group.label}, seed ${set.seed}`,
        names: [set.names[task] ?? '', ...set.names],
        dataset,
        validation_samples,
        // All that is held out, whatever the number of test examples.
        eval_samples: 0,
        subject: {
          kind: 'withHead' as const,
          subject: mergeOf(config, row, set, tasks, scale),
          head: set.adapters[task] ?? { kind: 'base' as const },
        },
        forgetting: false,
      })),
    );
  });
}

/** Returns true if λ of the row is tuned, or is that of the merge that the row controls. */
function isScaled({ index, outputs }: MultitaskRow): boolean {
  return index !== null && !outputs;
}

/** λ is chosen by the mean over the sets of a group and the tasks. Null where merges are compared at their own strength. */
function scaleTuning(
  config: MultitaskConfig,
  { tasks, groups }: PlannedSets,
  rows: readonly MultitaskRow[],
  scoreOf: ScoreOf,
): ScaleTuning | null {
  const tried = triedScales(config);
  if (tried === null) return null;
  const merges = rows.flatMap((row, at) => (row.kind === 'merge' && isScaled(row) ? [{ row, at }] : []));
  const scoresOf = (group: number, set: number, at: number, scale: number) =>
    tasks.map((_, task) => scoreOf(scaleKey(group, set, at, scale, task)));
  const [first] = merges;
  const one = first === undefined ? [] : scoresOf(0, 0, first.at, tried.scales[0] ?? 1);
  return {
    examples: one.reduce((sum, { examples }) => sum + examples, 0),
    curves: groups.flatMap(({ sets }, group) =>
      merges.map(({ row: { index, method, label }, at }) => ({
        group,
        index: index ?? 0,
        method: method ?? '',
        label,
        ...scaleCurve(tried, config.metric, (scale) => sets.flatMap((_, set) => scoresOf(group, set, at, scale))),
      })),
    ),
  };
}

function scaleKey(group: number, set: number, row: number, scale: number, task: number): string {
  return `scale/${multitaskKey(group, set, row, task)}/${scale}`;
}

/** Training examples that the run of every adapter held out. */
async function heldOutOfSets(config: MultitaskConfig, facts: StudyAdapters): Promise<(number | null)[]> {
  if (config.groups !== null) return heldOutOf(facts, referencesOfSets(config));
  const swept = config.tune?.validation_samples ?? null;
  return plannedSets(config).trainings.map((training) => swept ?? training.config.validation_samples);
}

/** All adapters of a set merged with equal weights, or with weights that are searched on examples of every task. */
function mergeOf(
  config: MultitaskConfig,
  { index }: MultitaskRow,
  { adapters }: TaskSet,
  tasks: PlannedSets['tasks'],
  scale: number,
): Subject {
  const { id, parameters } = methodAt(config, index ?? 0);
  const inputs = adapters.map((subject) => ({ subject, weight: 1 }));
  const tuning = tuningOf(config, tasks);
  const tuned = looksAtData(mergeMethod(id), parameters) ? { tuning } : {};
  return { kind: 'merge', method: id, parameters, inputs, ...tuned, ...scaleField(scale) };
}

function tuningOf({ tuning_samples }: MultitaskConfig, tasks: PlannedSets['tasks']): MergeTuning {
  return { datasets: tasks.map(({ dataset }) => dataset), samples: tuning_samples };
}

/** The adapter of a task merged, with equal weights, with random ones of the others' norms. */
function randomOthers(
  config: MultitaskConfig,
  { index }: MultitaskRow,
  { adapters }: TaskSet,
  task: number,
  set: number,
  scale: number,
): Subject {
  const { id, parameters } = methodAt(config, index ?? 0);
  const inputs = adapters.map((adapter, other) => {
    // Each its own directions: equal ones would add up.
    const seed = config.seed + 1 + set * adapters.length + other;
    const random: Subject = {
      kind: 'merge',
      method: placeboIds[0] ?? '',
      parameters: { seed },
      inputs: [{ subject: adapter, weight: 1 }],
    };
    return { subject: other === task ? adapter : random, weight: 1 };
  });
  const unsearched = 'search' in parameters ? { ...parameters, search: 'none' } : parameters;
  const looks = looksAtData(mergeMethod(id), unsearched);
  const datasets = adapters.map((__, other) => config.tasks[other]?.dataset ?? '');
  const tuned = looks ? { tuning: { datasets, samples: config.tuning_samples } } : {};
  return { kind: 'merge', method: id, parameters: unsearched, inputs, ...tuned, ...scaleField(scale) };
}

function titleOf({ kind, method, placebo }: MultitaskRow): string {
  const label = method === null ? '' : mergeMethod(method).declaration.label;
  switch (kind) {
    case 'base':
      return 'The base';
    case 'own':
      return 'The own adapter';
    case 'single':
      return "Another task's adapter";
    case 'merge':
      return label;
    case 'placebo':
      return `${mergeMethod(placebo ?? '').declaration.label} of ${label}`;
    case 'random':
      return `${label} with random adapters`;
  }
}
