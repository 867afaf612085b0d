import type { Forgetting } from '../../../src-shared/domain/evaluation/forgetting.ts';
import { weightAt } from '../../../src-shared/domain/merging/merge.ts';
import type { EnsembleMember } from '../adapters/model/ensemble-model.ts';
import type { AdapterReader } from '../adapters/peft/adapter-reader.ts';
import type { AdapterState } from '../adapters/variant/state.ts';
import type { EngineResultOf, MergeTask } from '../contract.ts';
import { AdapterEvaluator } from '../evaluation/adapter-evaluator.ts';
import { EvaluationProgress } from '../evaluation/evaluation-progress.ts';
import { ForgettingMeter, measureOrWarn } from '../evaluation/forgetting/forgetting-meter.ts';
import { rankingSteps } from '../evaluation/ranking-steps.ts';
import type { TaskContext } from '../events.ts';
import { headDifference } from '../merge/checks/head-difference.ts';
import { meanHead, plainBase, withHead } from '../merge/run/task-heads.ts';
import type { BaseModel } from '../models/base-model.ts';
import { scoreEnsemble, scoreOutputs, type TaskOutputs } from '../outcomes/index.ts';

type ScoredMerge = MergeTask & { readonly modelDirectory: string };

/** The measures of a merge: `scores[dataset]` has the adapters alone in order, the merge, its placebos and the base. */
type MergeScores = Pick<EngineResultOf<'merge'>, 'scores' | 'forgetting'>;

/** One dataset and the head of its task. */
interface Row {
  readonly evaluator: AdapterEvaluator;
  /** The head for adapters whose own head does not fit the dataset; null: there is none. Read on first use. */
  head(): Promise<AdapterState | null>;
  /** Label of the dataset in progress messages. */
  readonly where: string;
}

/**
 * Scores the adapters alone, the merge, its placebos and the base on every dataset, and measures their forgetting. Each folder
 * is read once, for all datasets: one adapter and the heads of the tasks are in memory at a time. A subject without a head for a
 * dataset's labels, such as a merge of different tasks, is scored with the head of the adapters that were trained on it.
 * @param made folders of the merge and its placebos; none for a merge of outputs
 */
export async function scoreMerge(
  task: ScoredMerge,
  made: readonly string[],
  { base, reader }: { readonly base: BaseModel; readonly reader: AdapterReader },
  context: TaskContext,
): Promise<MergeScores> {
  const rows: Row[] = [];
  let meter: ForgettingMeter | null = null;
  try {
    for (const index of task.datasets.keys()) rows.push(await openRow(task, index, { base, reader }, context));
    // The progress of all subjects continues during the measures of forgetting.
    const quiet: TaskContext = { emit: () => undefined, signal: () => context.signal() };
    meter = await measureOrWarn(context, () => ForgettingMeter.open(base, task, quiet));
    return await scoreRows(task, made, { rows, reader, meter }, context);
  } finally {
    meter?.close();
    for (const { evaluator } of rows) evaluator.close();
  }
}

async function openRow(
  task: ScoredMerge,
  index: number,
  { base, reader }: { readonly base: BaseModel; readonly reader: AdapterReader },
  context: TaskContext,
): Promise<Row> {
  const { modelDirectory, datasets, eval_samples: samples } = task;
  const source = datasets[index];
  if (source === undefined) throw new Error(`there is no dataset ${index}`);
  const request = { modelDirectory, source, settings: source.settings, samples };
  const evaluator = await AdapterEvaluator.open(base, request, context);
  let head: Promise<AdapterState | null> | null = null;
  return {
    evaluator,
    head: () => {
      head ??= headOfRow(task, evaluator, reader, index);
      return head;
    },
    where: datasets.length > 1 ? `, dataset ${index + 1} of ${datasets.length}` : '',
  };
}

interface OpenedMerge {
  readonly rows: readonly Row[];
  readonly reader: AdapterReader;
  readonly meter: ForgettingMeter | null;
}

async function scoreRows(
  task: ScoredMerge,
  made: readonly string[],
  { rows, reader, meter }: OpenedMerge,
  context: TaskContext,
): Promise<MergeScores> {
  const own = task.adapters.map(({ directory }) => directory);
  const folders = [...own, ...made];
  const isScored: boolean[][] = [];
  for (const directory of folders) {
    const outline = await reader.outline(directory);
    const fitting: boolean[] = [];
    for (const { evaluator, head } of rows) fitting.push(evaluator.fits(outline) || (await head()) !== null);
    isScored.push(fitting);
  }
  const bases: ({ readonly state: AdapterState | null } | null)[] = [];
  for (const { evaluator, head } of rows) {
    const other = evaluator.fits(null) ? null : await head();
    const state = other && withHead(plainBase(), other, evaluator.description);
    bases.push(evaluator.fits(null) || state ? { state } : null);
  }
  const examples = rows.map(({ evaluator }) => evaluator.examples);
  const scored = [...isScored, bases.map((subject) => subject !== null)];
  const lengths = scored.flatMap((fitting) => examples.filter((_, row) => fitting[row] === true));
  const joint = rows.filter(({ evaluator }) => made.length === 0 && evaluator.ensembleOutputs !== undefined);
  const progress = new EvaluationProgress(context, [...lengths, ...joint.map(({ evaluator }) => evaluator.examples)]);
  const ranking = rankingSteps(context);
  const outputsOn = ({ evaluator, where }: Row, state: AdapterState | null, name: string): Promise<TaskOutputs> => {
    progress.announce(`Scoring ${name}${where}`);
    return evaluator.outputs(state, progress, context);
  };
  const accuracyOf = async (outputs: TaskOutputs): Promise<number | null> =>
    (await scoreOutputs(outputs, ranking)).accuracy;
  // Only an ensemble needs the outputs of all adapters at once.
  const isEnsemble = made.length === 0;
  const alone: (TaskOutputs | null)[][] = rows.map(() => []);
  const columns: (number | null)[][] = [];
  const forgetting: (Forgetting | null)[] = [];
  for (const [index, directory] of folders.entries()) {
    const column: (number | null)[] = [];
    for (const [row, opened] of rows.entries()) {
      const { evaluator, head } = opened;
      const state = isScored[index]?.[row] ? await reader.read(directory) : null;
      const other = state === null || evaluator.fits(state) ? null : await head();
      const headed = state && other ? withHead(state, other, evaluator.description) : state;
      const outputs = headed && (await outputsOn(opened, headed, nameOf(index, own.length)));
      evaluator.releaseAdapter();
      if (isEnsemble) alone[row]?.push(outputs);
      column.push(outputs && (await accuracyOf(outputs)));
    }
    columns.push(column);
    if (meter !== null) {
      progress.announce('Measuring forgetting');
      forgetting.push(await measureOrWarn(context, async () => meter.of(await reader.read(directory))));
    }
    if (!folders.includes(directory, index + 1)) await reader.release(directory);
  }
  if (isEnsemble) {
    const together: (number | null)[] = [];
    for (const [row, outputs] of alone.entries())
      together.push(await ensembleAccuracy(task, { outputs, opened: rows[row], reader, progress }, context));
    columns.push(together);
  }
  const ofBase: (number | null)[] = [];
  for (const [row, opened] of rows.entries()) {
    const subject = bases[row] ?? null;
    ofBase.push(subject && (await accuracyOf(await outputsOn(opened, subject.state, 'the base'))));
  }
  columns.push(ofBase);
  return {
    scores: rows.map((_, row) => columns.map((column) => column[row] ?? null)),
    // Forgetting is one adapter's: neither the outputs of an ensemble nor the base have any.
    forgetting: meter === null ? [] : [...forgetting, ...(isEnsemble ? [null] : []), null],
  };
}

/** Outputs of the members of an ensemble on one dataset. */
interface EnsembleRow {
  readonly outputs: readonly (TaskOutputs | null)[];
  readonly opened: Row | undefined;
  readonly reader: AdapterReader;
  readonly progress: EvaluationProgress;
}

/** Label of a folder by its position: the adapters, the merge, its placebos. */
function nameOf(index: number, adapters: number): string {
  if (index < adapters) return `adapter ${index + 1}`;
  return index === adapters ? 'the merge' : `placebo ${index - adapters}`;
}

/** The head of a dataset's task: the weighted mean of the adapters that were trained on it; null where they save none. */
async function headOfRow(
  task: MergeTask,
  evaluator: AdapterEvaluator,
  reader: AdapterReader,
  row: number,
): Promise<AdapterState | null> {
  const states: AdapterState[] = [];
  const weights: number[] = [];
  for (const { directory, dataset, weight } of task.adapters) {
    if (dataset !== row) continue;
    const outline = await reader.outline(directory);
    if (outline.saved.size === 0 || !evaluator.fits(outline)) continue;
    states.push(await reader.readHead(directory));
    weights.push(weightAt(weight, null));
  }
  const [first] = states;
  if (first === undefined || headDifference(states) !== null) return null;
  const used = weights.some((weight) => weight !== 0) ? weights : weights.map(() => 1);
  return { ...first, saved: meanHead(states, used) };
}

async function ensembleAccuracy(
  task: MergeTask,
  { outputs, opened, reader, progress }: EnsembleRow,
  context: TaskContext,
): Promise<number | null> {
  const members = outputs.filter((own) => own !== null);
  // Members with a head for other labels are excluded.
  if (members.length < outputs.length) return null;
  const weights = task.adapters.map(({ weight }) => weightAt(weight, null));
  const ranking = rankingSteps(context);
  const { ensembleOutputs } = opened?.evaluator ?? {};
  if (ensembleOutputs === undefined) return (await scoreEnsemble(members, weights, ranking)).accuracy;
  const together: EnsembleMember[] = [];
  for (const [at, { directory }] of task.adapters.entries())
    together.push({ state: await reader.read(directory), weight: weights[at] ?? 0 });
  progress.announce(`Scoring the ensemble${opened?.where ?? ''}`);
  const joint = await ensembleOutputs(together, progress, context);
  for (const { directory } of task.adapters) await reader.release(directory);
  return (await scoreOutputs(joint, ranking)).accuracy;
}
