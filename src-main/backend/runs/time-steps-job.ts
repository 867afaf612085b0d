import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type RunConfig, runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { computeFields } from '../jobs/compute-fields.ts';
import { defineJob } from '../jobs/define-job.ts';
import { seedDirectory, seedReference } from '../library/adapters/seed-adapter.ts';
import { resolveDataset } from '../library/datasets/datasets.ts';
import { resolveModel } from '../library/models/models.ts';

/** Steps that are timed, behind one that warms up: the median of them all leaves the first out. */
export const timedSteps = 3;

/**
 * The run cut to a few steps, with one test example and no checkpoint but the last. Without CoTo: its first steps are cheaper
 * than the rest, so that the time is an upper bound of what the run takes.
 */
export function shortened(config: RunConfig): RunConfig {
  return {
    ...config,
    coto: null,
    max_steps: timedSteps + 1,
    warmup_steps: 0,
    eval_samples: 1,
    eval_on_start: false,
    eval_steps: 0,
    sample_prompts: [],
    save_steps: 0,
    save_minutes: 0,
    early_stopping_patience: 0,
    load_best_model_at_end: false,
  };
}

/** Times a few steps of a run; nothing of it is kept. */
export const timeStepsJob = defineJob({
  kind: 'time-steps',
  payload: z.object({ config: runConfigSchema }),
  references({ config }, store) {
    const seed = seedReference(store, config);
    return seed === null ? [] : [seed];
  },
  async execute({ config }, context, services) {
    const model = await resolveModel(services, config.model);
    const dataset = await resolveDataset(services, config.dataset);
    const seed = seedDirectory(services, config, model.id);
    const runDirectory = await mkdtemp(join(tmpdir(), 'coto-steps-'));
    try {
      const { outcome, result } = await context.runEngine({
        kind: 'train',
        ...computeFields(services.store, config.compute_backend),
        ...(seed === undefined ? {} : { initAdapterDirectory: seed }),
        config: shortened(config),
        runDirectory,
        resumeFrom: null,
        earlierDtype: null,
        modelDirectory: model.path,
        dataset: dataset.source,
      });
      if (outcome !== 'completed' || result === null) return { status: 'cancelled', message: null };
      return {
        status: 'completed',
        result: { milliseconds: result.medianStepMilliseconds, steps: timedSteps },
        message: null,
      };
    } finally {
      await rm(runDirectory, { recursive: true, force: true });
    }
  },
});
