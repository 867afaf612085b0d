import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapter.ts';
import type { BundleJob, ResultManifest, ResultRun } from '../../../src-shared/domain/bundle.ts';
import type { RunConfig, RunRecord } from '../../../src-shared/domain/run.ts';
import { type HistoryPart, readHistoryParts } from '../../engine/training/history-files.ts';
import { readSamples } from '../../engine/training/sample-files.ts';
import { newId } from '../identifiers.ts';
import { baseFields } from '../library/adapter-base.ts';
import { readFacts } from '../library/adapter-facts.ts';
import { newAdapterFolder } from '../library/adapters.ts';
import { runFileName, runFileText } from '../recovery/run-file.ts';
import type { Services } from '../services.ts';
import { canonicalJson } from '../studies/content-keys.ts';
import { type Bundle, resultNames } from './bundle-files.ts';
import type { LocalRun } from './local-inputs.ts';
import { copyResult, refusedResult } from './read-result.ts';
import { readJobConfig, runKey } from './run-key.ts';

/** A verified result whose files are in the home, and which no row names yet. */
export interface StagedResult {
  readonly own: LocalRun;
  readonly manifest: ResultManifest;
  readonly run: RunRecord;
  readonly adapter: AdapterRecord;
  readonly history: readonly HistoryPart[];
  readonly samples: Awaited<ReturnType<typeof readSamples>>;
  readonly log: ResultRun['log'];
  /** What to remove if it is not stored. */
  readonly folders: readonly string[];
}

/**
 * Verifies a result and copies its files into the home.
 * @throws StudioError invalid_file for a torn one or one of another run; nothing is left of it then
 */
export async function stageResult(
  services: Pick<Services, 'home'>,
  bundle: Bundle,
  { own, ended, manifest }: { own: LocalRun; ended: ResultRun; manifest: ResultManifest },
  studyId: string,
): Promise<StagedResult> {
  const { home } = services;
  const { job, config, model, dataset } = own;
  const adapterPlace = newAdapterFolder({ home });
  const runId = newId('run');
  const runFolder = home.absolute('runs', runId);
  const adapterFolder = home.absolute('adapters', adapterPlace.id);
  const folders = [adapterPlace.directory, adapterFolder, runFolder];
  try {
    await mkdir(runFolder);
    await copyResult(bundle, job, manifest, { adapter: adapterPlace.directory, run: runFolder });
    const facts = await readFacts(adapterPlace.directory, model.description, sumsOf(manifest)).catch(
      (thrown: unknown) => {
        throw thrown instanceof StudioError
          ? refusedResult(job, `its adapter cannot be used: ${thrown.message}`)
          : thrown;
      },
    );
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
      adapterId: adapterPlace.id,
      checkpoints: [],
      error: null,
      folder: `runs/${runId}`,
      createdAt: ended.createdAt,
      startedAt: ended.startedAt,
      finishedAt: ended.finishedAt,
    };
    const { checkpoint, step, accuracy, metrics } = ended.adapter;
    const adapter: AdapterRecord = {
      id: adapterPlace.id,
      name: job.title,
      folder: home.relative(adapterFolder),
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
    await writeFile(join(runFolder, runFileName), runFileText(home, run, { model, dataset }));
    const history = await readHistoryParts(runFolder, Number.POSITIVE_INFINITY);
    if (history.length === 0) throw refusedResult(job, 'it has no history');
    const samples = await readSamples(runFolder, Number.POSITIVE_INFINITY);
    await rename(adapterPlace.directory, adapterFolder);
    return { own, manifest, run, adapter, history, samples, log: ended.log, folders };
  } catch (error) {
    await discardStaged({ folders });
    throw error;
  }
}

export async function discardStaged({ folders }: Pick<StagedResult, 'folders'>): Promise<void> {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
}

/** Stores a staged result: run, adapter and history. Within a transaction of whoever calls. */
export function storeResult({ store }: Pick<Services, 'store'>, staged: StagedResult): void {
  const { own, manifest, run, adapter, history, samples, log } = staged;
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
  for (const { at, level, text } of log) store.history.insertLog(id, at, level, text);
  const where = `Trained on ${manifest.host} (${manifest.computeBackend}), as job ${manifest.index} of a bundle; attempt ${manifest.attempt}${fromText(manifest)}.`;
  store.history.insertLog(id, Date.now(), 'info', where);
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

function fromText({ resumed }: ResultManifest): string {
  return resumed === null ? '' : `, from step ${resumed.step} on, which attempt ${resumed.attempt} had reached`;
}

/**
 * The settings of a result, by the names that the bundle has for base and dataset: the bundle's, with the split of the batch that
 * the worker's memory allowed.
 * @throws StudioError invalid_file if they are not those of the job
 */
export async function settingsOf(
  bundle: Bundle,
  job: BundleJob,
  { config: trained }: Pick<ResultRun, 'config'>,
): Promise<RunConfig> {
  const { inputs, study } = bundle;
  const names = (role: 'model' | 'dataset') => inputs.some((one) => one.role === role && one.id === trained[role]);
  if (!names('model') || !names('dataset')) throw refusedResult(job, 'it is of another base or dataset');
  // Most results are known by their key; to read the YAML of each takes longer than all the rest.
  if (runKey(trained, inputs, study.program.version) === job.runId) return trained;
  const config = await readJobConfig(bundle, job);
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

function sumsOf({ files }: ResultManifest) {
  const own = files.filter(({ path }) => path.startsWith(`${resultNames.adapter}/`));
  const tensors = own.find(({ path }) => path === `${resultNames.adapter}/adapter_model.safetensors`);
  const sizeBytes = own.reduce((sum, { bytes }) => sum + bytes, 0);
  return tensors === undefined ? null : { sizeBytes, sha256: tensors.sha256 };
}
