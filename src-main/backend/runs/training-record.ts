import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type ErrorValue, StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { DatasetRecord } from '../../../src-shared/domain/data/dataset.ts';
import type { JobResult } from '../../../src-shared/domain/jobs/job.ts';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import type { CheckpointRecord } from '../../../src-shared/domain/runs/checkpoint.ts';
import { resumeHint } from '../../../src-shared/domain/runs/interruption.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { earlyStop } from '../../../src-shared/results/early-stop.ts';
import { headlineText } from '../../../src-shared/results/headline.ts';
import { inputChangesText } from '../../../src-shared/results/input-changes.ts';
import type { EngineEvent, RunOutcome, TrainTogetherTask } from '../../engine/api/jobs.ts';
import { chatTemplateFile } from '../../engine/api/models.ts';
import { ownTemplate } from '../../engine/api/text.ts';
import { writeFileAtomic } from '../../files/atomic.ts';
import { requireUnlinked } from '../../files/below.ts';
import { clock } from '../../store/clock.ts';
import type { RunChanges } from '../../store/repositories/runs.ts';
import type { JobOutcome } from '../jobs/job-context.ts';
import type { JobEnding } from '../jobs/job-endings.ts';
import { copyAdapterIn } from '../library/adapters/adapters.ts';
import { seedDirectory } from '../library/adapters/seed-adapter.ts';
import { requireDataset } from '../library/datasets/datasets.ts';
import { requireModel } from '../library/models/models.ts';
import type { Services } from '../services/services.ts';
import { cutRun, keepCheckpoint } from './checkpoint-files.ts';
import { type CurrentInputs, compareInputs, knownRows } from './compare-inputs.ts';
import { latestCheckpoint, latestWholeCheckpoint } from './latest-checkpoint.ts';
import { writeRunFile } from './run-file.ts';
import { scoresAt } from './scores-at.ts';

/** A run that is about to train. */
export interface BegunTraining {
  readonly run: RunRecord;
  readonly model: ModelRecord;
  readonly dataset: DatasetRecord;
  /** The run as the engine is told of it. */
  readonly ofEngine: TrainTogetherTask['runs'][number];
}

/** Run to train, and its starting point. */
export interface TrainPayload {
  readonly runId: string;
  readonly resumeFrom: string | null;
  /** Controls the check for files that have changed since the checkpoint: `accept` trains on changed files, `verified` skips it. */
  readonly inputs: 'compare' | 'accept' | 'verified';
}

/**
 * Marks a run as running, from its start or from a checkpoint, and discards what was recorded after it.
 * @throws StudioError not_found if the checkpoint is gone, inputs_changed if dataset or base are not what it was trained on
 */
export async function beginTraining(
  services: Services,
  { runId, resumeFrom, inputs }: TrainPayload,
  current: CurrentInputs,
): Promise<BegunTraining> {
  const { home, store, hub } = services;
  const run = requireRun(store, runId);
  const model = requireModel(store, run.modelId);
  const dataset = requireDataset(store, run.datasetId);
  const runDirectory = home.absolute(run.folder);
  requireUnlinked(home.path, run.folder);
  const from = resumeFrom === null ? null : await checkedStart(services, run, resumeFrom);
  const { change, rows } =
    from === null || inputs === 'verified'
      ? { change: null, rows: await knownRows(services, dataset) }
      : await compareInputs(services, { run, model, dataset, checkpoint: from }, current);
  if (change !== null && inputs === 'compare')
    throw new StudioError(
      'inputs_changed',
      change,
      `Put the files back, or clone the run to train it from the start. To train the remaining steps on the changed files, resume it anyway: coto runs resume ${runId} --anyway.`,
    );
  const startStep = from?.step ?? 0;
  if (change !== null)
    store.history.insertLog(runId, Date.now(), 'warning', `Resumed anyway at step ${startStep}. ${change}`);
  await mkdir(runDirectory, { recursive: true });
  await cutRun(services, run, startStep);
  hub.runRestarted(runId, startStep);
  changeRun(services, runId, {
    status: 'running',
    step: startStep,
    error: null,
    result: null,
    startedAt: run.startedAt ?? clock.now(),
    finishedAt: null,
  });
  await writeRunFile(services, runId);
  await keepTemplate(services, run, model);
  await services.eventLogs.open(runId, join(runDirectory, 'logs'), { firstStep: startStep, settings: run.config });
  // A run that goes on has its seed in it, and outlives it.
  const seed = from === null ? seedDirectory(services, run.config, model.id) : undefined;
  const ofEngine = {
    ...(seed === undefined ? {} : { initAdapterDirectory: seed }),
    config: run.config,
    runDirectory,
    resumeFrom: from === null ? null : home.absolute(from.folder),
    ...(change === null ? {} : { acceptedChange: change }),
    datasetRows: rows,
    earlierDtype: from === null ? null : (run.facts?.computeDtype ?? null),
  };
  return { run, model, dataset, ofEngine };
}

/**
 * The checkpoint that a run goes on from: the wanted one, or the one before where it is damaged, which the run's log and the
 * window then say.
 * @throws StudioError not_found or invalid_file if none can be resumed
 */
async function checkedStart(services: Services, run: RunRecord, resumeFrom: string): Promise<CheckpointRecord> {
  const { home, store, hub } = services;
  const wanted = run.checkpoints.find((one) => one.folder === resumeFrom);
  if (wanted === undefined)
    throw new StudioError(
      'not_found',
      `The checkpoint ${resumeFrom} of "${run.name}" is gone.`,
      'Start the run again.',
    );
  const { checkpoint, damaged } = await latestWholeCheckpoint(home, run, wanted);
  // A later attempt must not begin with it, nor a list say that it can.
  for (const one of damaged) store.runs.saveCheckpoint(run.id, { ...one.checkpoint, resumable: false });
  const [first] = damaged;
  if (first === undefined) return wanted;
  if (checkpoint === null)
    throw new StudioError('invalid_file', first.message, 'The run has no other checkpoint: start it again.');
  const message = `${first.message} The run resumes from the checkpoint before it, at step ${checkpoint.step}.`;
  store.history.insertLog(run.id, Date.now(), 'warning', message);
  hub.notify({ level: 'warning', title: run.name, message, error: null });
  return checkpoint;
}

/** Stores how a run ended that the engine has ended, and adds its adapter. */
export async function finishTraining(
  services: Services,
  run: RunRecord,
  answer: RunOutcome,
): Promise<JobOutcome<JobResult<'train'>>> {
  const { outcome, result, adapterDirectory, adapterStep } = answer;
  services.eventLogs.close(run.id);
  if (outcome === 'paused' || outcome === 'cancelled') {
    const { step, checkpoints } = requireRun(services.store, run.id);
    changeRun(services, run.id, {
      status: outcome,
      // Progress is told now and then, the checkpoint of a pause at once.
      step: Math.max(step, ...checkpoints.map((one) => one.step)),
      finishedAt: outcome === 'cancelled' ? endOf(services, run.id) : null,
    });
    return { status: outcome, message: null };
  }
  const isBest = result !== null && adapterStep !== null && adapterStep !== result.steps;
  const scores = isBest
    ? {
        accuracy: bestAccuracy(services, run.id, adapterStep),
        metrics: scoresAt(services.store, run.id, adapterStep).metrics,
      }
    : { accuracy: result?.accuracy ?? null, metrics: result?.metrics ?? {} };
  const split = run.config.eval_split;
  // The run's facts have come meanwhile.
  const { name, facts } = requireRun(services.store, run.id);
  const notes = [earlyStop({ config: run.config, facts, result }), inputChangesText(facts)];
  const note = notes.filter((one) => one !== null).join(' ') || null;
  let adapter: AdapterRecord | null = null;
  if (adapterDirectory !== null) {
    const model = requireModel(services.store, run.modelId);
    adapter = await copyAdapterIn(services, adapterDirectory, {
      name,
      base: { model, description: model.description },
      origin: {
        kind: 'run',
        runId: run.id,
        checkpoint: isBest ? 'best' : 'last',
        step: adapterStep ?? result?.steps ?? 0,
      },
      datasetId: run.datasetId,
      forgetting: result?.forgetting ?? null,
      ...(split === 'test' ? scores : { accuracy: null }),
      note,
      template: ownTemplate(run.config.chat_template),
    });
  }
  const end = {
    status: outcome,
    result,
    step: result?.steps ?? run.step,
    adapterId: adapter?.id ?? null,
    finishedAt: endOf(services, run.id),
  };
  const headline = headlineText(scores);
  const score = headline === '' ? '' : `: ${headline} on the ${split} examples`;
  const ending = `${outcome === 'stopped' ? 'Stopped and saved' : 'Finished'} after ${result?.steps ?? 0} steps${score}.`;
  // The job ends in the same turn as its run: killed between the two, the run would be trained again.
  await writeRunFile(services, run.id, end);
  services.store.history.insertLog(run.id, Date.now(), 'info', ending);
  changeRun(services, run.id, end);
  return {
    status: outcome,
    result: { outcome, result, adapterStep },
    message: note === null ? ending : `${ending} ${note}`,
  };
}

/** The evaluation of the best checkpoint. */
function bestAccuracy({ store }: Services, runId: string, step: number): number | null {
  const best = store.runs.find(runId)?.checkpoints.find((one) => one.kind === 'best' && one.step === step);
  return best?.accuracy ?? null;
}

/** Stores what the engine reports of a run. */
export function keepEvent(services: Services, runId: string, event: EngineEvent): void {
  const { home, store, hub } = services;
  switch (event.kind) {
    case 'progress':
      if (event.progress.unit === 'steps') changeRun(services, runId, { step: event.progress.done });
      return;
    case 'facts':
      changeRun(services, runId, { facts: event.facts });
      return;
    case 'metrics':
      store.history.insertMetrics(runId, event.columns);
      services.eventLogs.add(runId, event.columns);
      hub.metricsAdded(runId, event.columns);
      return;
    case 'masks':
      store.history.insertMasks(runId, event.masks);
      hub.masksAdded(runId, event.masks);
      return;
    case 'checkpoint':
      keepCheckpoint(services, runId, { ...event.checkpoint, folder: home.relative(event.checkpoint.folder) });
      services.eventLogs.flush(runId);
      changeRun(services, runId, {});
      return;
    case 'samples':
      if (event.inputs !== null) store.samples.saveInputs(runId, event.inputs);
      store.samples.saveAnswers(runId, event.sampled);
      return;
    case 'text':
      return;
    case 'log':
      store.history.insertLog(runId, Date.now(), event.level, event.text);
      return;
  }
}

/** Stores how a run ended before its last step. */
export function endTraining(services: Services, runId: string, { status, error }: JobEnding): void {
  const { store } = services;
  services.eventLogs.close(runId);
  const run = store.runs.find(runId);
  // Killed between the end of a run and that of its job: the run has its result and its adapter, and is not trained again.
  if (run === null || run.status === 'completed' || run.status === 'stopped') return;
  changeRun(services, runId, {
    status,
    error:
      error === null
        ? null
        : { code: error.code, message: error.message, hint: withWayOn(services, runId, status, error) },
    finishedAt: endOf(services, runId),
  });
  // On a full disk the run shows its end, though its log cannot grow.
  if (error !== null) store.history.insertLog(runId, Date.now(), 'error', error.details ?? error.message);
}

function endOf({ store }: Services, runId: string): number {
  return clock.endOf(store.runs.find(runId)?.startedAt ?? null);
}

export function changeRun({ store, hub }: Services, runId: string, changes: RunChanges): void {
  const run = store.runs.update(runId, changes);
  if (run) hub.runChanged(run);
}

/** The hint of an error with the way on: the step from which the run can be resumed, or that an interrupted one starts again. */
function withWayOn(
  { store, home }: Services,
  runId: string,
  status: RunRecord['status'],
  { code, hint }: ErrorValue,
): string | null {
  if (code === 'inputs_changed') return hint;
  const run = store.runs.find(runId);
  const latest = run === null ? null : latestCheckpoint(home, run);
  const canTell = run !== null && (latest !== null || status === 'interrupted');
  const way = canTell ? resumeHint(latest?.step ?? null, run.config) : null;
  return [hint, way].filter((part) => part !== null).join(' ') || null;
}

export function requireRun(store: Services['store'], id: string): RunRecord {
  const run = store.runs.find(id);
  if (run === null) throw new StudioError('not_found', `There is no run "${id}" in the studio.`);
  return run;
}

/** Keeps the chat template by which a run's conversations are written beside its history: the model's own may change or go. */
async function keepTemplate(
  { home, reader, log }: Pick<Services, 'home' | 'reader' | 'log'>,
  { id, config, folder }: Pick<RunRecord, 'id' | 'config' | 'folder'>,
  model: Pick<ModelRecord, 'path' | 'description'>,
): Promise<void> {
  if (model.description.kind !== 'causal-lm' || config.chat_template === 'none') return;
  try {
    const text =
      ownTemplate(config.chat_template) ?? (await reader.read('templates', { folder: model.path })).own[0]?.text;
    if (text !== undefined) await writeFileAtomic(join(home.absolute(folder), chatTemplateFile), text);
  } catch (error) {
    // Training itself reports unreadable templates.
    log.warn({ err: error, run: id }, 'the chat template of a run was not kept');
  }
}
