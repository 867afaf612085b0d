import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { AdapterReader } from '../adapters/peft/adapter-reader.ts';
import type { AdapterState } from '../adapters/variant/state.ts';
import type { EngineResultOf, MergeTask } from '../contract.ts';
import { TuningData } from '../evaluation/tuning-data.ts';
import type { TaskContext } from '../events.ts';
import { preflightLines } from '../merge/checks/preflight.ts';
import { type MergeMethod, type MergePass, refuseIllegal } from '../merge/merge-method.ts';
import { mergeMethod } from '../merge/methods/index.ts';
import { mergeFolders } from '../merge/run/merge-folders.ts';
import type { MergeRequest } from '../merge/run/run-merge.ts';
import { type SearchedMerge, searchMerge } from '../merge/search/search-merge.ts';
import { looksAtData, searchOf, tuningSeed } from '../merge/search/search-parameters.ts';
import { defineEngineJob } from './define-job.ts';
import { followPhases } from './follow-phases.ts';
import { scoreMerge } from './merge-scores.ts';
import { SharedBase } from './shared-base.ts';

/**
 * Merges adapters, writes the result as a PEFT folder (if the method produces an adapter), and scores every adapter
 * alone, the merge and the base on each dataset. A cell is null where there is no head for the dataset's labels. The
 * base is loaded only for scoring, and each adapter is read once for all steps.
 */
export async function runMergeTask(task: MergeTask, context: TaskContext): Promise<EngineResultOf<'merge'>> {
  const method = mergeMethod(task.method);
  const { outputDirectory } = task;
  const base = new SharedBase(task);
  // A merge that is not scored reads its adapters only once anyway.
  const reader = new AdapterReader(task.description, task.datasets.length === 0 ? 0 : undefined);
  let made: Pick<SearchedMerge, 'weights' | 'notes'> = {
    weights: task.adapters.map(({ weight }) => weight),
    notes: [],
  };
  try {
    if (method.makes === 'outputs' || outputDirectory === null) await check(task, method, reader);
    else made = await mergeInto(outputDirectory, task, method, { base, reader }, context);
    const adapterDirectory = method.makes === 'outputs' ? null : outputDirectory;
    const { modelDirectory } = task;
    const measured =
      task.datasets.length === 0 || modelDirectory === null
        ? { scores: [], forgetting: [] }
        : await withPlacebos(task, adapterDirectory, reader, async (placebos) => {
            const folders = adapterDirectory === null ? [] : [adapterDirectory, ...placebos];
            return scoreMerge({ ...task, modelDirectory }, folders, { base: await base.load(), reader }, context);
          });
    return { kind: 'merge', adapterDirectory, ...measured, weights: [...made.weights], notes: [...made.notes] };
  } finally {
    await reader.close();
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

/** Creates the placebos of a merge while `score` runs, in a folder of their own. A merge of outputs has none. */
async function withPlacebos<Result>(
  { placebos, parameters, description, modelDirectory }: MergeTask,
  merged: string | null,
  reader: AdapterReader,
  score: (folders: readonly string[]) => Promise<Result>,
): Promise<Result> {
  if (placebos.length === 0 || merged === null) return score([]);
  const scratch = await mkdtemp(join(tmpdir(), 'coto-placebos-'));
  const folders = placebos.map((id) => join(scratch, id));
  try {
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
        reader,
      );
    return await score(folders);
  } finally {
    for (const folder of folders) await reader.release(folder);
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Writes the merge, after a requested search. Returns its weights and its sentences. */
async function mergeInto(
  outputDirectory: string,
  task: MergeTask,
  method: MergeMethod,
  opened: MergeResources,
  context: TaskContext,
): Promise<Pick<SearchedMerge, 'weights' | 'notes'>> {
  const parameters = checkedParameters(method.declaration, task.parameters);
  const { reader } = opened;
  const data = looksAtData(method, parameters) ? tuningData(task, parameters, opened, context) : null;
  const onPass = followPhases(context, 'steps', 'merge');
  const modules = followPhases(context, 'modules', 'merge');
  const onModule = (done: number, total: number) => modules('Merging', done, total);
  try {
    const given = { ...request(task, method), onModule, onPass };
    const asked = data ? { ...given, data } : given;
    const found = await searched(task, asked, reader, onPass);
    const { weights, leftOut } = found;
    const { notes } = await mergeFolders({ ...asked, weights, leftOut }, directoriesOf(task), outputDirectory, reader);
    return { weights, notes: [...found.notes, ...notes] };
  } finally {
    await data?.close();
  }
}

/** The base and the adapters of a merge, each loaded on first use and once. */
interface MergeResources {
  readonly base: SharedBase;
  readonly reader: AdapterReader;
}

async function searched(
  task: MergeTask,
  asked: MergeRequest,
  reader: AdapterReader,
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
  for (const directory of directoriesOf(task)) states.push(await reader.read(directory));
  return searchMerge(asked, states, data, onPass);
}

/** Tuning examples of the adapters' datasets; null where one has none, or the base is not in the studio. */
function tuningData(
  task: MergeTask,
  parameters: ParameterValues,
  { base, reader }: MergeResources,
  context: TaskContext,
): TuningData | null {
  const { adapters, datasets, modelDirectory, tuning_samples: samples } = task;
  const known = adapters.flatMap(({ directory, weight, dataset }) =>
    dataset === null ? [] : [{ weight, dataset, read: () => reader.read(directory) }],
  );
  if (modelDirectory === null || known.length < adapters.length) return null;
  const seed = tuningSeed(parameters);
  return new TuningData({ modelDirectory, adapters: known, datasets, samples, seed, base: () => base.load() }, context);
}

/** @throws StudioError refused with the first failed check */
async function check(task: MergeTask, method: MergeMethod, reader: AdapterReader): Promise<void> {
  const outlines = [];
  for (const directory of directoriesOf(task)) outlines.push(await reader.outline(directory));
  const { weights, parameters, base } = request(task, method);
  const checked = checkedParameters(method.declaration, parameters);
  refuseIllegal(preflightLines(method, outlines, weights, checked, base.description));
}
