import { basename } from 'node:path';
import type { CheckpointRecord } from '../../../src-shared/domain/runs/checkpoint.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { checkCheckpoint, checkpointKind, readHistoryParts, readSamples } from '../../engine/api/training.ts';
import { discardFolder } from '../../files/atomic.ts';
import type { RunPlace } from '../../store/repositories/runs.ts';
import { checkpointFolders, keepCheckpoint } from '../runs/checkpoint-files.ts';
import { originOf, readRunFile } from '../runs/run-file.ts';
import type { Services } from '../services/services.ts';

type Parts = Pick<Services, 'home' | 'store' | 'log'>;

/**
 * Makes the database and the checkpoints of all runs agree, after a process was killed or the power was lost between the two.
 * Called as the home is opened, when nothing is being written.
 */
export async function reconcileRuns(parts: Parts): Promise<void> {
  const { store, log } = parts;
  for (const run of store.runs.places())
    try {
      if (!run.isImported) await settleRun(parts, run);
    } catch (error) {
      // A run whose folder is refused or cannot be read costs that run only.
      log.warn({ err: error, run: run.id }, 'the checkpoints of a run could not be looked at');
    }
  for (const status of ['running', 'interrupted'] as const)
    for (const run of store.runs.withStatus(status))
      try {
        restoreEnd(parts, run);
      } catch (error) {
        log.warn({ err: error, run: run.id }, 'the end of a run could not be looked for in its folder');
      }
}

/**
 * Ends a run that has completed or was stopped, by its run.json and its adapter, where the database has lost its end. An adapter
 * that the database has lost too is added by its folder later.
 */
function restoreEnd({ home, store, log }: Parts, run: RunRecord): void {
  const { id, folder } = run;
  const ended = readRunFile(home, home.absolute(folder))?.run;
  if (ended === undefined || typeof ended.adapterId !== 'string') return;
  const { status, result, step, adapterId, finishedAt } = ended;
  if (status !== 'completed' && status !== 'stopped') return;
  const adapter = store.adapters.find(adapterId);
  if (adapter === null && !home.entries('adapters').folders.includes(adapterId)) return;
  const origin = adapter?.origin ?? originOf({ ...run, result, step });
  const adapterStep = origin.kind === 'run' ? origin.step : null;
  store.durably(() => {
    store.runs.update(id, { status, result, step, adapterId, finishedAt, error: null });
    store.history.insertLog(id, Date.now(), 'warning', 'The database had lost the end of this run; run.json had it.');
    const job = store.jobs.findOfSubject(id);
    if (job === null) return;
    store.jobs.saveResult(job.id, { outcome: status, result, adapterStep });
    store.jobs.update(job.id, { status, error: null, finishedAt });
  });
  log.warn({ run: id }, 'the end of a run that the database had lost was found in its folder');
}

async function settleRun(parts: Parts, run: RunPlace): Promise<void> {
  const { home, log } = parts;
  const there = run.checkpoints.filter(({ folder }) => home.existing(folder) !== null);
  const named = new Set(there.map(({ folder }) => folder));
  let adopted = 0;
  for (const folder of checkpointFolders(parts, run)) {
    if (named.has(folder)) continue;
    const found = await readCheckpointFolder(parts, folder);
    if (found === null) continue;
    if (found.kind !== 'step' && there.some(({ kind, step }) => kind === found.kind && step >= found.step)) {
      // Its successor was stored; the process was killed before this one went.
      discardFolder(home.absolute(folder));
      continue;
    }
    keepCheckpoint(parts, run.id, found);
    there.push(found);
    adopted = Math.max(adopted, found.step);
    log.warn(
      { run: run.id, step: found.step },
      'a checkpoint that the database had lost was found in the folder of its run',
    );
  }
  if (adopted === 0) return;
  await restoreHistory(parts, run, adopted);
  await restoreSamples(parts, run, adopted);
}

/** The checkpoint in a folder of the home; null if it is none, or damaged. */
export async function readCheckpointFolder(
  { home }: Pick<Parts, 'home'>,
  folder: string,
): Promise<CheckpointRecord | null> {
  const kind = checkpointKind(basename(folder));
  if (kind === null) return null;
  try {
    const { trainer, accuracy } = await checkCheckpoint(home.absolute(folder));
    return { kind, step: trainer.global_step, folder, accuracy, resumable: true };
  } catch {
    return null;
  }
}

/** Puts back the samples of a run up to a step, where its folder has them. */
export async function restoreSamples(
  { home, store }: Pick<Parts, 'home' | 'store'>,
  run: Pick<RunPlace, 'id' | 'folder'>,
  step: number,
): Promise<void> {
  const samples = await readSamples(home.absolute(run.folder), step);
  if (samples === null) return;
  store.transaction(() => {
    store.samples.saveInputs(run.id, samples.inputs);
    for (const sampled of samples.steps) store.samples.saveAnswers(run.id, sampled);
  });
}

/** Puts back what the run had recorded up to a step, of which its log says why. */
export async function restoreHistory(
  { home, store }: Pick<Parts, 'home' | 'store'>,
  run: Pick<RunPlace, 'id' | 'folder'>,
  step: number,
  message = `The database had lost what came before step ${step}; it was put back from the run's folder.`,
): Promise<void> {
  const parts = await readHistoryParts(home.absolute(run.folder), step);
  const first = parts.flatMap(({ columns, masks }) => [
    ...columns.flatMap(({ steps }) => (steps[0] === undefined ? [] : [steps[0]])),
    ...masks.map(({ firstStep }) => firstStep),
  ]);
  store.durably(() => {
    // Runs that an earlier version began have no files of their first steps: those rows stay.
    if (first.length > 0) store.history.truncate(run.id, Math.min(...first));
    for (const { columns, masks } of parts) {
      if (columns.length > 0) store.history.insertMetrics(run.id, [...columns]);
      for (const mask of masks) store.history.insertMasks(run.id, mask);
    }
    store.history.insertLog(run.id, Date.now(), 'warning', message);
    store.runs.update(run.id, { step: Math.max(store.runs.find(run.id)?.step ?? 0, step) });
  });
}
