import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { checkedParameters } from '../../../../src-shared/domain/parameters/parameter-check.ts';
import type { JobSpec, MergeTuning, ScoreSpec, Subject } from '../../../../src-shared/domain/studies/plan.ts';
import { multitaskStudy } from '../../../../src-shared/studies/task-sets/multitask.ts';
import {
  type MethodChoice,
  type MultitaskConfig,
  type MultitaskRow,
  methodsOf,
} from '../../../../src-shared/studies/task-sets/multitask-schemas.ts';
import { mergeMethod, placeboIds } from '../../merge/methods/index.ts';
import { looksAtData } from '../../merge/search/search-parameters.ts';
import { defineStudyWork } from '../define-study-work.ts';
import { searchFor } from '../merging/merge-search.ts';
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
  ...taskSetWork((config: MultitaskConfig, sets) => {
    const rows = rowsOf(config);
    return sets.groups.flatMap((group, place) =>
      group.sets.flatMap((set, index) => specsOfSet(config, sets, rows, { group, place, set, index })),
    );
  }),
  async fit(config, facts) {
    const methods: MethodChoice[] = [];
    for (const [index, method] of methodsOf(config).entries()) {
      const refusal = await refusalOfSets(config, methodAt(config, index), facts);
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
    if (methods.length > 0) return { ...config, methods };
    throw new StudioError(
      'refused',
      'None of the usual merge methods is possible with these adapters.',
      'Name methods.',
    ).at('methods');
  },
  fold: (config, scoreOf) => foldMultitask(config, plannedSets(config), rowsOf(config), scoreOf),
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

function specsOfSet(
  config: MultitaskConfig,
  { tasks }: PlannedSets,
  rows: readonly MultitaskRow[],
  { group, place, set, index }: PlacedSet,
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
  const specsOf = (row: MultitaskRow, at: number, task: number): ScoreSpec[] => {
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
        return [spec(key, task, what, mergeOf(config, row, set, tasks), { forgetting: task === 0 })];
      case 'placebo': {
        const of = mergeOf(config, row, set, tasks);
        return [spec(key, task, what, merged(row.placebo ?? '', { seed: config.seed + index }, of))];
      }
      case 'random':
        return [spec(key, task, what, randomOthers(config, row, set, task, index))];
    }
  };
  return rows.flatMap((row, at) => tasks.flatMap((_, task) => specsOf(row, at, task)));
}

/** All adapters of a set merged with equal weights, or with weights that are searched on examples of every task. */
function mergeOf(
  config: MultitaskConfig,
  { index }: MultitaskRow,
  { adapters }: TaskSet,
  tasks: PlannedSets['tasks'],
): Subject {
  const { id, parameters } = methodAt(config, index ?? 0);
  const inputs = adapters.map((subject) => ({ subject, weight: 1 }));
  const tuning = tuningOf(config, tasks);
  const tuned = looksAtData(mergeMethod(id), parameters) ? { tuning } : {};
  return { kind: 'merge', method: id, parameters, inputs, ...tuned };
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
  return { kind: 'merge', method: id, parameters: unsearched, inputs, ...tuned };
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
