import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { Forgetting } from '../../../src-shared/domain/forgetting.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameter.ts';
import { readAdapter } from '../adapters/peft/adapter-folder.ts';
import { readAdapterOutline } from '../adapters/peft/open-adapter.ts';
import type { AdapterState } from '../adapters/state.ts';
import { checkedParameters } from '../checked-parameters.ts';
import type { EngineResultOf, MergeTask } from '../contract.ts';
import { AdapterEvaluator } from '../evaluation/adapter-evaluator.ts';
import { EvaluationProgress } from '../evaluation/evaluation-progress.ts';
import { ForgettingMeter, type MeterRequest, measureOrWarn } from '../evaluation/forgetting/forgetting-meter.ts';
import { rankingSteps } from '../evaluation/ranking-steps.ts';
import { TuningData } from '../evaluation/tuning-data.ts';
import type { TaskContext } from '../events.ts';
import { headDifference } from '../merge/checks/head-difference.ts';
import { preflightLines } from '../merge/checks/preflight.ts';
import { type MergeMethod, type MergePass, refuseIllegal, weightAt } from '../merge/merge-method.ts';
import { mergeMethod } from '../merge/methods/index.ts';
import { mergeFolders } from '../merge/run/merge-folders.ts';
import type { MergeRequest } from '../merge/run/run-merge.ts';
import { meanHead, plainBase, withHead } from '../merge/run/task-heads.ts';
import { type SearchedMerge, searchMerge } from '../merge/search/search-merge.ts';
import { looksAtData, searchOf, tuningSeed } from '../merge/search/search-parameters.ts';
import type { BaseModel } from '../models/base-model.ts';
import type { EvaluationSteps } from '../outcomes/evaluation-steps.ts';
import { scoreEnsemble, scoreOutputs, type TaskOutputs } from '../outcomes/index.ts';
import { defineEngineJob } from './define-job.ts';
import { followPhases } from './follow-phases.ts';
import { SharedBase } from './shared-base.ts';

/**
 * Merges adapters, writes the result as a PEFT folder (if the method produces an adapter), and scores every adapter
 * alone, the merge and the base on each dataset. A cell is null where there is no head for the dataset's labels. The
 * base is loaded only for scoring.
 */
export async function runMergeTask(task: MergeTask, context: TaskContext): Promise<EngineResultOf<'merge'>> {
  const method = mergeMethod(task.method);
  const { outputDirectory } = task;
  const base = new SharedBase(task);
  let made: Pick<SearchedMerge, 'weights' | 'notes'> = {
    weights: task.adapters.map(({ weight }) => weight),
    notes: [],
  };
  try {
    if (method.makes === 'outputs' || outputDirectory === null) await check(task, method);
    else made = await mergeInto(outputDirectory, task, method, base, context);
    const adapterDirectory = method.makes === 'outputs' ? null : outputDirectory;
    const { modelDirectory } = task;
    const measured =
      task.datasets.length === 0 || modelDirectory === null
        ? { scores: [], forgetting: [] }
        : await withPlacebos(task, adapterDirectory, async (placebos) => {
            const request = { ...task, modelDirectory };
            const folders = adapterDirectory === null ? [] : [adapterDirectory, ...placebos];
            const scores = await scoreAll(request, folders, base, context);
            const measuredFolders = { own: directoriesOf(task), folders };
            const forgetting = await forgettingOfFolders(await base.load(), request, measuredFolders, context);
            return { scores, forgetting };
          });
    return { kind: 'merge', adapterDirectory, ...measured, weights: [...made.weights], notes: [...made.notes] };
  } finally {
    await base.dispose();
  }
}

export const mergeJob = defineEngineJob('merge', runMergeTask);

function request({ adapters, parameters, description, modelDirectory }: MergeTask, method: MergeMethod) {
  const weights = adapters.map((adapter) => adapter.weight);
  const steps = adapters.map((adapter) => adapter.step);
  return { method, weights, steps, parameters, base: { description, directory: modelDirectory } };
}

function directoriesOf(task: MergeTask): string[] {
  return task.adapters.map(({ directory }) => directory);
}

/**
 * Makes the placebos of a merge for as long as `score` runs, in a folder of their own. A merge of outputs has none.
 */
async function withPlacebos<Result>(
  { placebos, parameters, description, modelDirectory }: MergeTask,
  merged: string | null,
  score: (folders: readonly string[]) => Promise<Result>,
): Promise<Result> {
  if (placebos.length === 0 || merged === null) return score([]);
  const scratch = await mkdtemp(join(tmpdir(), 'coto-placebos-'));
  try {
    const folders = placebos.map((id) => join(scratch, id));
    for (const [index, id] of placebos.entries())
      await mergeFolders(
        {
          method: mergeMethod(id),
          weights: [1],
          parameters: { seed: Number(parameters['seed'] ?? 0) },
          base: { description, directory: modelDirectory },
        },
        [merged],
        folders[index] ?? '',
      );
    return await score(folders);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Writes the merge, after a search where one is asked for; returns its sentences and what it was made with. */
async function mergeInto(
  outputDirectory: string,
  task: MergeTask,
  method: MergeMethod,
  base: SharedBase,
  context: TaskContext,
): Promise<Pick<SearchedMerge, 'weights' | 'notes'>> {
  const parameters = checkedParameters(method.declaration, task.parameters);
  const read = readOnce(task);
  const data = looksAtData(method, parameters) ? tuningData(task, parameters, { base, read }, context) : null;
  const onPass = followPhases(context, 'steps', 'merge');
  const modules = followPhases(context, 'modules', 'merge');
  const onModule = (done: number, total: number) => modules('Merging', done, total);
  try {
    const given = { ...request(task, method), onModule, onPass };
    const asked = data ? { ...given, data } : given;
    const found = await searched(task, asked, read, onPass);
    const { weights, leftOut } = found;
    const { notes } = await mergeFolders({ ...asked, weights, leftOut }, directoriesOf(task), outputDirectory);
    return { weights, notes: [...found.notes, ...notes] };
  } finally {
    await data?.close();
  }
}

type ReadAdapter = (directory: string) => Promise<AdapterState>;

/** Reads each adapter on first use: a search and its data look at the same ones. */
function readOnce({ description }: MergeTask): ReadAdapter {
  const states = new Map<string, Promise<AdapterState>>();
  return (directory) => {
    const state = states.get(directory) ?? readAdapter(directory, description);
    states.set(directory, state);
    return state;
  };
}

async function searched(
  task: MergeTask,
  asked: MergeRequest,
  read: ReadAdapter,
  onPass: MergePass['progress'],
): Promise<SearchedMerge> {
  const { method, parameters, weights, data } = asked;
  if (searchOf(checkedParameters(method.declaration, parameters)) === null)
    return { weights, leftOut: new Set(), notes: [] };
  if (!data)
    throw new StudioError(
      'refused',
      "A search needs the base and examples of every adapter's dataset, and not all are in the studio.",
      'Search among adapters that were trained here, or set search to none.',
    ).at('search');
  const states: AdapterState[] = [];
  for (const directory of directoriesOf(task)) states.push(await read(directory));
  return searchMerge(asked, states, data, onPass);
}

/** Tuning examples of the adapters' datasets; null where one has none, or the base is not in the studio. */
function tuningData(
  task: MergeTask,
  parameters: ParameterValues,
  { base, read }: { readonly base: SharedBase; readonly read: ReadAdapter },
  context: TaskContext,
): TuningData | null {
  const { adapters, datasets, modelDirectory, tuning_samples: samples } = task;
  const known = adapters.flatMap(({ directory, weight, dataset }) =>
    dataset === null ? [] : [{ weight, dataset, read: () => read(directory) }],
  );
  if (modelDirectory === null || known.length < adapters.length) return null;
  const seed = tuningSeed(parameters);
  return new TuningData({ modelDirectory, adapters: known, datasets, samples, seed, base: () => base.load() }, context);
}

/** @throws StudioError refused with the first failed check */
async function check(task: MergeTask, method: MergeMethod): Promise<void> {
  const outlines = [];
  for (const directory of directoriesOf(task)) outlines.push(await readAdapterOutline(directory, task.description));
  const { weights, parameters, base } = request(task, method);
  const checked = checkedParameters(method.declaration, parameters);
  refuseIllegal(preflightLines(method, outlines, weights, checked, base.description));
}

/**
 * scores[dataset]: accuracies of each adapter alone in order, the merge, its placebos, the base.
 * @param made folders of the merge and its placebos; none for a merge of outputs
 */
async function scoreAll(
  task: MergeTask & { readonly modelDirectory: string },
  made: readonly string[],
  shared: SharedBase,
  context: TaskContext,
): Promise<(number | null)[][]> {
  const base = await shared.load();
  const scores: (number | null)[][] = [];
  for (const source of task.datasets) {
    const { modelDirectory, eval_samples: samples } = task;
    const bench = await AdapterEvaluator.open(
      base,
      { modelDirectory, source, settings: source.settings, samples },
      context,
    );
    try {
      scores.push(await scoreRow(task, context, bench, made, scores.length));
    } finally {
      bench.close();
    }
  }
  return scores;
}

/**
 * Accuracies on one dataset. One adapter and the task's head are in memory at a time. Adapters without a head for the
 * dataset's labels, such as a merge of different tasks, are scored with the head of the adapters trained on it.
 */
async function scoreRow(
  task: MergeTask,
  context: TaskContext,
  bench: AdapterEvaluator,
  made: readonly string[],
  row: number,
): Promise<(number | null)[]> {
  const { description } = bench;
  const own = directoriesOf(task);
  const directories = [...own, ...made];
  const head = await headOfRow(task, bench, row);
  const fitting = new Set<string>();
  for (const directory of directories)
    if (head !== null || bench.fits(await readAdapterOutline(directory, description))) fitting.add(directory);
  const baseFits = bench.fits(null);
  const passes = directories.filter((directory) => fitting.has(directory)).length + (baseFits || head ? 1 : 0);
  const progress = new EvaluationProgress(context, new Array<number>(passes).fill(bench.examples));
  const where = task.datasets.length > 1 ? `, dataset ${row + 1} of ${task.datasets.length}` : '';
  const outputsOf = (state: AdapterState | null, name: string): Promise<TaskOutputs> => {
    progress.announce(`Scoring ${name}${where}`);
    return bench.outputs(state, progress, context);
  };
  const headed = (state: AdapterState): AdapterState =>
    bench.fits(state) || head === null ? state : withHead(state, head, description);
  const ofFolder = async (directory: string, name: string): Promise<TaskOutputs | null> =>
    fitting.has(directory) ? outputsOf(headed(await readAdapter(directory, description)), name) : null;
  const ranking = rankingSteps(context);
  const accuracyOf = async (outputs: TaskOutputs | null): Promise<number | null> =>
    outputs === null ? null : (await scoreOutputs(outputs, ranking)).accuracy;
  const alone: (TaskOutputs | null)[] = [];
  for (const [index, directory] of own.entries()) alone.push(await ofFolder(directory, `adapter ${index + 1}`));
  const merged: (number | null)[] = made.length === 0 ? [await ensembleAccuracy(task, alone, ranking)] : [];
  for (const [index, directory] of made.entries())
    merged.push(await accuracyOf(await ofFolder(directory, index === 0 ? 'the merge' : `placebo ${index}`)));
  const base = baseFits ? null : head && withHead(plainBase(), head, description);
  const ofBase = baseFits || base ? await accuracyOf(await outputsOf(base, 'the base')) : null;
  const ofAlone: (number | null)[] = [];
  for (const outputs of alone) ofAlone.push(await accuracyOf(outputs));
  return [...ofAlone, ...merged, ofBase];
}

/** The head of a dataset's task: the weighted mean of the adapters that were trained on it; null where they save none. */
async function headOfRow(task: MergeTask, bench: AdapterEvaluator, row: number): Promise<AdapterState | null> {
  const states: AdapterState[] = [];
  const weights: number[] = [];
  for (const { directory, dataset, weight } of task.adapters) {
    if (dataset !== row) continue;
    const state = await readAdapter(directory, bench.description);
    if (state.saved.size === 0 || !bench.fits(state)) continue;
    states.push(state);
    weights.push(weightAt(weight, null));
  }
  const [first] = states;
  if (first === undefined || headDifference(states) !== null) return null;
  const used = weights.some((weight) => weight !== 0) ? weights : weights.map(() => 1);
  return { ...first, saved: meanHead(states, used) };
}

/** In the order of a row of scores: the adapters alone, the merge, its placebos, the base. Empty if not measured. */
async function forgettingOfFolders(
  base: BaseModel,
  request: MeterRequest,
  { own, folders }: { readonly own: readonly string[]; readonly folders: readonly string[] },
  context: TaskContext,
): Promise<(Forgetting | null)[]> {
  const meter = await measureOrWarn(context, () => ForgettingMeter.open(base, request, context));
  if (meter === null) return [];
  try {
    const measured: (Forgetting | null)[] = [];
    for (const folder of [...own, ...folders])
      measured.push(await measureOrWarn(context, async () => meter.of(await readAdapter(folder, base.description))));
    // No single adapter makes the outputs of an ensemble.
    const merged = folders.length === 0 ? [null] : [];
    return [...measured, ...merged, null];
  } finally {
    meter.close();
  }
}

async function ensembleAccuracy(
  task: MergeTask,
  own: readonly (TaskOutputs | null)[],
  ranking: EvaluationSteps,
): Promise<number | null> {
  const members = own.filter((outputs) => outputs !== null);
  // Members with a head for other labels are excluded.
  if (members.length < own.length) return null;
  const weights = task.adapters.map(({ weight }) => weightAt(weight, null));
  return (await scoreEnsemble(members, weights, ranking)).accuracy;
}
