import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { CheckpointRecord } from '../../../src-shared/domain/runs/checkpoint.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { ownTemplate } from '../../engine/api/text.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { copyAdapterIn, requireAdapter } from '../library/adapters/adapters.ts';
import { requireModel } from '../library/models/models.ts';
import { latestCheckpoint, requireCheckpoint } from './latest-checkpoint.ts';
import { scoresAt } from './scores-at.ts';
import { requireRun } from './training-record.ts';

/**
 * The checkpoints of a run as adapters, one a step, the earliest first, from and to the steps (null: no bound). A
 * checkpoint is copied in at most once; it is then archived, so that the shelf stays clear.
 * @throws StudioError refused where there are fewer than two
 */
export async function checkpointAdapters(
  services: HandlerServices,
  { id, from, to }: { readonly id: string; readonly from: number | null; readonly to: number | null },
): Promise<AdapterRecord[]> {
  const { store, home } = services;
  const run = requireRun(store, id);
  const steps = new Map<number, CheckpointRecord>();
  for (const checkpoint of run.checkpoints) {
    const { step, folder } = checkpoint;
    if (step < (from ?? 0) || step > (to ?? step) || home.existing(folder) === null) continue;
    steps.set(step, steps.get(step) ?? checkpoint);
  }
  if (steps.size < 2)
    throw new StudioError(
      'refused',
      `The run "${run.name}" has ${steps.size} checkpoint${steps.size === 1 ? '' : 's'} in these steps; a soup takes two or more.`,
      'Train with save_steps above 0, or widen the steps.',
    );
  const adapters: AdapterRecord[] = [];
  for (const [, checkpoint] of [...steps].sort(([one], [other]) => one - other)) {
    const before = adapterAt(services, run, checkpoint);
    if (before) {
      adapters.push(before);
      continue;
    }
    const { id: adapterId } = await copyIn(services, run, checkpoint);
    store.adapters.update(adapterId, { archived: true });
    adapters.push(requireAdapter(store, adapterId));
  }
  services.hub.listChanged('adapters');
  return adapters;
}

/**
 * The checkpoint in `folder`, by default the latest, as an adapter on the shelf; the run can still be resumed.
 * @throws StudioError refused where there is none, or where training may replace it meanwhile
 */
export async function saveAdapter(
  services: HandlerServices,
  id: string,
  folder: string | null,
): Promise<AdapterRecord> {
  const { store, home, hub } = services;
  const run = requireRun(store, id);
  const chosen = folder === null ? null : requireCheckpoint(run, folder);
  if (run.status === 'running' && chosen?.kind !== 'step')
    throw new StudioError('refused', `The run "${run.name}" is training.`, 'Stop it: that saves its adapter.');
  const checkpoint = chosen ?? latestCheckpoint(home, run);
  if (checkpoint === null)
    throw new StudioError(
      'refused',
      `The run "${run.name}" has no checkpoint to make an adapter of.`,
      'Resume it; save_steps sets how often a checkpoint is saved.',
    );
  const before = adapterAt(services, run, checkpoint);
  if (before === undefined) return copyIn(services, run, checkpoint);
  if (before.archived) {
    store.adapters.update(before.id, { archived: false });
    hub.listChanged('adapters');
  }
  return requireAdapter(store, before.id);
}

/**
 * The adapter that a completed run had after so many steps, archived if it is a copy of a checkpoint.
 * @throws StudioError refused if its checkpoint is no longer on disk
 */
export async function adapterAfter(services: HandlerServices, run: RunRecord, step: number): Promise<AdapterRecord> {
  const before = adapterAt(services, run, { step });
  if (before !== undefined) return before;
  const saved = savedAt(services, run, step);
  if (saved === undefined) throw goneAfter(run, step);
  const { id } = await copyIn(services, run, saved);
  services.store.adapters.update(id, { archived: true });
  services.hub.listChanged('adapters');
  return requireAdapter(services.store, id);
}

/** Returns true if the adapter that a run had after so many steps is still there. */
export function isSavedAfter(services: HandlerServices, run: RunRecord, step: number): boolean {
  return adapterAt(services, run, { step }) !== undefined || savedAt(services, run, step) !== undefined;
}

/** Returns the reason why the adapter that a completed run had after so many steps is gone. */
export function goneAfter({ name }: RunRecord, step: number): StudioError {
  return new StudioError(
    'refused',
    `The run "${name}" is complete, but its checkpoint of step ${step} is not on disk.`,
    'Delete the run, so that the study trains it again with its checkpoints, or leave out that share.',
  ).at('shares');
}

function savedAt({ home }: HandlerServices, run: RunRecord, step: number): CheckpointRecord | undefined {
  return run.checkpoints.find((one) => one.step === step && home.existing(one.folder) !== null);
}

/** The adapter that a checkpoint was copied in as, or the run's own of that step. */
export function adapterAt(
  { store }: HandlerServices,
  run: RunRecord,
  { step }: Pick<CheckpointRecord, 'step'>,
): AdapterRecord | undefined {
  return store.adapters
    .list()
    .find(({ origin }) => origin.kind === 'run' && origin.runId === run.id && origin.step === step);
}

function copyIn(services: HandlerServices, run: RunRecord, checkpoint: CheckpointRecord): Promise<AdapterRecord> {
  const { step, folder, accuracy } = checkpoint;
  const model = requireModel(services.store, run.modelId);
  return copyAdapterIn(services, services.home.absolute(folder), {
    name: `${run.name}, step ${step}`,
    base: { model, description: model.description },
    origin: { kind: 'run', runId: run.id, checkpoint: 'step', step },
    datasetId: run.datasetId,
    template: ownTemplate(run.config.chat_template),
    ...(run.config.eval_split === 'test'
      ? { accuracy, metrics: scoresAt(services.store, run.id, step).metrics }
      : { accuracy: null }),
  });
}
