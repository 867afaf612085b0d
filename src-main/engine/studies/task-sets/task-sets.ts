import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { checkedParameters } from '../../../../src-shared/domain/parameters/parameter-check.ts';
import type { RunConfig } from '../../../../src-shared/domain/runs/run.ts';
import type { ScoredTask, ScoreSpec, Subject, TrainingSpec } from '../../../../src-shared/domain/studies/plan.ts';
import { cellLabel, scheduleName } from '../../../../src-shared/studies/grid/cell-settings.ts';
import { type TaskSets, taskNames } from '../../../../src-shared/studies/task-sets/task-sets.ts';
import { adapterVariant } from '../../adapters/variants/index.ts';
import { mergeMethod, placeboIds } from '../../merge/methods/index.ts';
import { adapterSubject } from '../config/planned-adapters.ts';
import { runWithSettings } from '../config/run-settings.ts';
import { settingWords } from '../config/setting-words.ts';
import type { MergeRefusal, StudyAdapters } from '../define-study-work.ts';

/** One adapter for each task. */
export interface TaskSet {
  readonly seed: number;
  /** Adapters or trainings, in the order of the tasks. */
  readonly adapters: readonly Subject[];
  /** Names of the adapters, for messages. */
  readonly names: readonly string[];
}

/** Sets that differ in their seed only. */
export interface SetGroup {
  readonly label: string;
  readonly coto: boolean;
  readonly sets: readonly TaskSet[];
}

export interface PlannedTask {
  readonly name: string;
  readonly dataset: string;
  /** Present where its questions are scored in place of the dataset's test examples. */
  readonly score?: ScoredTask | undefined;
}

export interface PlannedSets {
  readonly tasks: readonly PlannedTask[];
  readonly groups: readonly SetGroup[];
  /** Runs that the study varies; none where the adapters are named one by one. */
  readonly trainings: readonly TrainingSpec[];
}

type Variant = TaskSets['variants'][number];

/** A training of the sets; variant and task are places in the config. */
export interface SetMember {
  readonly variant: number;
  readonly task: number;
  readonly seed: number;
}

/**
 * The sets of a study of several tasks, and the runs that it needs.
 * @param runOf default: as the config says, whatever its sweep
 * @throws StudioError invalid_input naming the field
 */
export function plannedSets(
  config: TaskSets,
  runOf: (member: SetMember) => RunConfig = (member) => memberRun(config, member),
): PlannedSets {
  const names = taskNames(config.tasks);
  const tasks = config.tasks.map(({ dataset, score }, task) => ({ name: names[task] ?? dataset, dataset, score }));
  const nameOf = (task: number, label: string, seed: number) =>
    `The adapter of ${names[task] ?? ''}, ${label}, seed ${seed}`;
  const { groups } = config;
  if (groups !== null)
    return {
      tasks,
      trainings: [],
      groups: groups.map(({ label, coto, sets }) => ({
        label,
        coto,
        sets: sets.map(({ seed, adapters }) => ({
          seed,
          adapters: adapters.map(adapterSubject),
          names: adapters.map((_, task) => nameOf(task, label, seed)),
        })),
      })),
    };
  const labels = variantLabels(config);
  return {
    tasks,
    trainings: labels.flatMap((label, variant) =>
      config.seeds.flatMap((seed) =>
        tasks.map(({ name }, task) => ({
          kind: 'train' as const,
          key: trainingKey({ variant, seed, task }),
          title: `${name}, ${label}, seed ${seed}`,
          config: runOf({ variant, task, seed }),
        })),
      ),
    ),
    groups: labels.map((label, variant) => ({
      label,
      coto: memberRun(config, { variant, task: 0, seed: 0 }).coto !== null,
      sets: config.seeds.map((seed) => ({
        seed,
        adapters: tasks.map((_, task) => ({ kind: 'trained', training: trainingKey({ variant, seed, task }) })),
        names: tasks.map((_, task) => nameOf(task, label, seed)),
      })),
    })),
  };
}

/** The run of a training as the config says it. @throws StudioError invalid_input naming the field */
export function memberRun({ tasks, run, variants }: TaskSets, { variant, task, seed }: SetMember): RunConfig {
  if (run === null) throw new RangeError('The study has no run.');
  const { dataset = '', settings = {} } = tasks[task] ?? {};
  const changes = { ...settings, ...variants[variant]?.settings };
  const names = { where: 'variants', label: cellLabel(changes, settingWords), given: Object.keys(changes) };
  return runWithSettings(run, { ...changes, dataset, seed }, names);
}

export function variantLabels(config: TaskSets): string[] {
  return config.variants.map(
    (one, variant) => one.label ?? labelOf(one, memberRun(config, { variant, task: 0, seed: 0 })),
  );
}

/** "LoRA + CoTo, stage 1 ratio 0.5, learning rate 0.001", "LoRA + stochastic depth". */
function labelOf({ settings }: Variant, { adapter, coto }: RunConfig): string {
  const { label } = adapterVariant(adapter.variant).declaration;
  const { coto: given = null, 'adapter.variant': _, ...others } = settings;
  const { schedule: __, ...fields } = typeof given === 'object' && !Array.isArray(given) ? (given ?? {}) : {};
  const named = {
    ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [`coto.${name}`, value])),
    ...others,
  };
  const rest = Object.keys(named).length === 0 ? [] : [cellLabel(named, settingWords)];
  return [coto === null ? label : `${label} + ${scheduleName(coto.schedule)}`, ...rest].join(', ');
}

function trainingKey({ variant, seed, task }: SetMember): string {
  return `${variant}/${seed}/${task}`;
}

/**
 * Returns the reason why a method cannot merge the adapters of a set; null if it can, or if that is unknown before
 * training.
 */
export async function refusalOfSets(
  config: TaskSets,
  {
    id,
    parameters,
    isScaled,
  }: { readonly id: string; readonly parameters: ParameterValues; readonly isScaled?: boolean },
  facts: StudyAdapters,
): Promise<MergeRefusal | null> {
  const { trainings, tasks } = plannedSets(config);
  const weights = tasks.map(() => 1);
  for (const { adapters } of (config.groups ?? []).flatMap(({ sets }) => sets))
    for (const { dataset, score } of tasks) {
      const refusal = await facts.refusalOf({ method: id, parameters, adapters, weights, dataset, score, isScaled });
      if (refusal !== null) return refusal;
    }
  for (const { config: run } of trainings) {
    const score = tasks.find(({ dataset }) => dataset === run.dataset)?.score;
    const refusal = await facts.refusalOfRun({ method: id, run, score, isScaled });
    if (refusal !== null) return refusal;
  }
  return null;
}

/** The task of a score, as keys of its spec. */
export function scoredOn(task: PlannedTask | undefined): Pick<ScoreSpec, 'dataset' | 'benchmark'> {
  const { dataset = '', score } = task ?? {};
  return score === undefined ? { dataset } : { dataset, benchmark: score };
}

/** Returns the reason why the adapters' merges have no placebos; null if they have. */
export async function refusalOfPlacebos(config: TaskSets, facts: StudyAdapters): Promise<MergeRefusal | null> {
  const { groups, trainings, tasks } = plannedSets(config);
  const [method = ''] = placeboIds;
  const parameters = checkedParameters(mergeMethod(method).declaration, {});
  for (const { adapters } of groups.flatMap(({ sets }) => sets))
    for (const [task, leaf] of adapters.entries()) {
      if (leaf.kind !== 'adapter') continue;
      const dataset = tasks[task]?.dataset ?? '';
      const asked = { method, parameters, adapters: [leaf.adapter], weights: [1], dataset };
      const refusal = await facts.refusalOf(asked);
      if (refusal !== null) return refusal;
    }
  for (const { config: run } of trainings) {
    const refusal = await facts.refusalOfRun({ method, run, parameters, adapters: 1 });
    if (refusal !== null) return refusal;
  }
  return null;
}
