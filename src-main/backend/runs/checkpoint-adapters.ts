import { existsSync } from 'node:fs';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapter.ts';
import type { CheckpointRecord } from '../../../src-shared/domain/run.ts';
import { requireRun } from '../jobs/training-record.ts';
import { copyAdapterIn, requireAdapter } from '../library/adapters.ts';
import { requireModel } from '../library/models.ts';
import type { HandlerServices } from '../services.ts';

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
    if (step < (from ?? 0) || step > (to ?? step) || !existsSync(home.absolute(folder))) continue;
    steps.set(step, steps.get(step) ?? checkpoint);
  }
  if (steps.size < 2)
    throw new StudioError(
      'refused',
      `The run "${run.name}" has ${steps.size} checkpoint${steps.size === 1 ? '' : 's'} in these steps; a soup takes two or more.`,
      'Train with save_steps above 0, or widen the steps.',
    );
  const model = requireModel(store, run.modelId);
  const known = store.adapters.list().filter(({ origin }) => origin.kind === 'run' && origin.runId === run.id);
  const adapters: AdapterRecord[] = [];
  for (const [step, { folder, accuracy }] of [...steps].sort(([one], [other]) => one - other)) {
    const before = known.find(({ origin }) => origin.kind === 'run' && origin.step === step);
    if (before) {
      adapters.push(before);
      continue;
    }
    const { id: adapterId } = await copyAdapterIn(services, home.absolute(folder), {
      name: `${run.name}, step ${step}`,
      base: { model, description: model.description },
      origin: { kind: 'run', runId: run.id, checkpoint: 'step', step },
      datasetId: run.datasetId,
      accuracy: run.config.eval_split === 'test' ? accuracy : null,
    });
    store.adapters.update(adapterId, { archived: true });
    adapters.push(requireAdapter(store, adapterId));
  }
  services.hub.listChanged('adapters');
  return adapters;
}
