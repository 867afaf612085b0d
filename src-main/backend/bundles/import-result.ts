import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { RunConfig, RunRecord } from '../../../src-shared/domain/runs/run.ts';
import type { BundleJob, ResultManifest, ResultRun } from '../../../src-shared/domain/targets/bundle.ts';
import { countSteps } from '../../engine/api/training.ts';
import { newId } from '../../store/identifiers.ts';
import { baseFields } from '../library/adapters/adapter-base.ts';
import { newAdapterFolder } from '../library/adapters/adapters.ts';
import { canonicalJson } from '../library/content-keys.ts';
import type { CopiedResult, ResultRows } from '../reading/bundle-schemas.ts';
import { countTrainExamples } from '../runs/check-config.ts';
import { runFileName, runFileText } from '../runs/run-file.ts';
import type { Services } from '../services/services.ts';
import type { Bundle } from './bundle-files.ts';
import type { LocalRun } from './local-inputs.ts';
import { refusedResult } from './read-result.ts';
import { readJobConfig, runKey } from './run-key.ts';

/** A result that is copied into new folders of the home. */
export interface StagedResult {
  readonly own: LocalRun;
  readonly manifest: ResultManifest;
  readonly ended: ResultRun;
  /** Maximum number of steps of its run. */
  readonly steps: number;
  readonly runId: string;
  readonly adapterId: string;
  /** Temporary folder in which the adapter is written, and its folder in the home once it is whole. */
  readonly adapterPlaces: { readonly written: string; readonly kept: string };
  readonly runFolder: string;
}

/** A verified result, which no row names yet. */
export interface VerifiedResult {
  readonly staged: StagedResult;
  readonly run: RunRecord;
  readonly adapter: AdapterRecord;
  readonly rows: Extract<ResultRows, { kind: 'read' }>;
  readonly leftOut: readonly string[];
}

/**
 * Gives a result its places in the home.
 * @throws StudioError invalid_file for steps that its run does not plan
 */
export function planResult(
  { home }: Pick<Services, 'home'>,
  result: Pick<StagedResult, 'own' | 'manifest' | 'ended'>,
): StagedResult {
  const steps = plannedSteps(result.own);
  requirePlannedSteps(result, steps);
  const { id: adapterId, directory: written } = newAdapterFolder({ home });
  const runId = newId('run');
  const adapterPlaces = { written, kept: home.absolute('adapters', adapterId) };
  return { ...result, steps, runId, adapterId, adapterPlaces, runFolder: home.absolute('runs', runId) };
}

function plannedSteps({ job, config, model, dataset }: LocalRun): number {
  try {
    return countSteps(config, countTrainExamples(config, model.description, dataset.description));
  } catch (thrown) {
    if (!(thrown instanceof StudioError)) throw thrown;
    throw refusedResult(job, `its settings do not fit the dataset: ${thrown.message.replace(/[.]$/, '')}`);
  }
}

function requirePlannedSteps({ own, ended }: Pick<StagedResult, 'own' | 'ended'>, most: number): void {
  const steps = {
    step: ended.step,
    'facts.totalSteps': ended.facts?.totalSteps,
    'result.steps': ended.result.steps,
    'result.best.step': ended.result.best?.step,
    'adapter.step': ended.adapter.step,
  };
  for (const [field, step = 0] of Object.entries(steps))
    if (step < 0 || step > most)
      throw refusedResult(own.job, `run.json has ${step} as ${field}, and its run plans ${most} steps`);
}

/** Returns the records of a result that was copied into the home, and moves its adapter to its folder. */
export async function verifiedResult(
  { home }: Pick<Services, 'home'>,
  staged: StagedResult,
  { facts, leftOut }: Extract<CopiedResult, { kind: 'copied' }>,
  rows: VerifiedResult['rows'],
  studyId: string,
): Promise<VerifiedResult> {
  const { own, ended, runId, adapterId, adapterPlaces } = staged;
  const { job, config, model, dataset } = own;
  const run: RunRecord = {
    id: runId,
    name: job.title,
    status: 'completed',
    config,
    modelId: model.id,
    datasetId: dataset.id,
    tags: [],
    note: '',
    starred: false,
    archived: false,
    studyId,
    step: ended.step,
    facts: ended.facts,
    result: ended.result,
    adapterId,
    checkpoints: [],
    error: null,
    folder: `runs/${runId}`,
    createdAt: ended.createdAt,
    startedAt: ended.startedAt,
    finishedAt: ended.finishedAt,
  };
  const { checkpoint, step, accuracy, metrics } = ended.adapter;
  const adapter: AdapterRecord = {
    id: adapterId,
    name: job.title,
    folder: home.relative(adapterPlaces.kept),
    ...baseFields({ model, description: model.description }),
    ...facts,
    origin: { kind: 'run', runId, checkpoint, step },
    datasetId: dataset.id,
    accuracy,
    metrics,
    createdAt: ended.finishedAt ?? ended.createdAt,
    archived: false,
    tags: [],
    starred: false,
  };
  await writeFile(join(staged.runFolder, runFileName), runFileText(home, run, { model, dataset }));
  await rename(adapterPlaces.written, adapterPlaces.kept);
  return { staged, run, adapter, rows, leftOut };
}

/** Removes what is copied of a result that is not stored. */
export async function discardStaged({ adapterPlaces, runFolder }: StagedResult): Promise<void> {
  for (const folder of [adapterPlaces.written, adapterPlaces.kept, runFolder])
    await rm(folder, { recursive: true, force: true });
}

/** Stores a verified result: run, adapter and history. Within a transaction of whoever calls. */
export function storeResult({ store }: Pick<Services, 'store'>, verified: VerifiedResult): void {
  const { run, adapter, leftOut } = verified;
  const { own, manifest, ended } = verified.staged;
  const { history, samples } = verified.rows;
  const { id, createdAt, startedAt, finishedAt } = run;
  store.runs.insert(run);
  store.adapters.insert(adapter);
  store.contents.saveRun(id, own.contentKey);
  for (const { columns, masks } of history) {
    store.history.insertMetrics(id, columns);
    for (const mask of masks) store.history.insertMasks(id, mask);
  }
  if (samples !== null) {
    store.samples.saveInputs(id, samples.inputs);
    for (const sampled of samples.steps) store.samples.saveAnswers(id, sampled);
  }
  for (const { at, level, text } of ended.log) store.history.insertLog(id, at, level, text);
  const where = `Trained on ${manifest.host} (${manifest.computeBackend}), as job ${manifest.index} of a bundle; attempt ${manifest.attempt}${fromText(manifest)}.`;
  store.history.insertLog(id, Date.now(), 'info', where);
  if (leftOut.length > 0) store.history.insertLog(id, Date.now(), 'warning', leftOutText(leftOut));
  store.jobs.insert(
    {
      id: newId('job'),
      kind: 'train',
      title: `Train ${run.name}`,
      status: 'completed',
      subjectId: id,
      parentId: null,
      after: [],
      progress: null,
      error: null,
      createdAt,
      startedAt,
      finishedAt,
    },
    { runId: id, resumeFrom: null, together: null },
  );
  store.bundles.saveResult(manifest, id);
}

/** Most names of files in a line of a log. */
const maxNamed = 10;

function leftOutText(paths: readonly string[]): string {
  const more = paths.length > maxNamed ? ` and ${paths.length - maxNamed} more` : '';
  return `Files of its result that no result has were not imported: ${paths.slice(0, maxNamed).join(', ')}${more}.`;
}

function fromText({ resumed }: ResultManifest): string {
  return resumed === null ? '' : `, from step ${resumed.step} on, which attempt ${resumed.attempt} had reached`;
}

/**
 * The settings of a result, by the names that the bundle has for base and dataset: the bundle's, with the split of the batch that
 * the worker's memory allowed.
 * @throws StudioError invalid_file if they are not those of the job
 */
export async function settingsOf(
  services: Pick<Services, 'reader'>,
  bundle: Bundle,
  job: BundleJob,
  { config: trained }: Pick<ResultRun, 'config'>,
): Promise<RunConfig> {
  const { inputs, study } = bundle;
  const names = (role: 'model' | 'dataset') => inputs.some((one) => one.role === role && one.id === trained[role]);
  if (!names('model') || !names('dataset')) throw refusedResult(job, 'it is of another base or dataset');
  // Most results are known by their key; to read the YAML of each takes longer than all the rest.
  if (runKey(trained, inputs, study.program.version) === job.runId) return trained;
  const config = await readJobConfig(services, bundle, job);
  const { per_device_train_batch_size, gradient_accumulation_steps } = trained;
  const split = { ...config, per_device_train_batch_size, gradient_accumulation_steps };
  const effective = (of: RunConfig) => of.per_device_train_batch_size * of.gradient_accumulation_steps;
  if (
    config.auto_find_batch_size &&
    effective(config) === effective(trained) &&
    canonicalJson(split) === canonicalJson(trained)
  )
    return split;
  throw refusedResult(job, 'it was trained with other settings');
}
