import { z } from 'zod';
import { computeFields } from '../jobs/compute-fields.ts';
import { defineJob } from '../jobs/define-job.ts';
import { forgettingField } from '../jobs/forgetting-field.ts';
import { seedReference } from '../library/adapters/seed-adapter.ts';
import { CurrentInputs } from './compare-inputs.ts';
import { runsToTrainWith, trainTogether } from './train-together.ts';
import { beginTraining, endTraining, finishTraining, keepEvent } from './training-record.ts';

/** Trains a run from the start or from a checkpoint and adds its adapter. */
export const trainJob = defineJob({
  kind: 'train',
  payload: z.object({
    runId: z.string(),
    resumeFrom: z.string().nullable().describe('checkpoint, relative to the home'),
    together: z
      .string()
      .nullable()
      .default(null)
      .describe('runs with the same may be trained in one pass over the base, where they fit'),
    inputs: z
      .enum(['compare', 'accept', 'verified'])
      .default('compare')
      .describe('whether dataset and base are compared with those of the checkpoint'),
  }),
  references({ runId }, store) {
    const run = store.runs.find(runId);
    const seed = run === null ? null : seedReference(store, run.config);
    return seed === null ? [] : [seed];
  },
  async execute(payload, context, services) {
    const { runId } = payload;
    const current = new CurrentInputs(services, context);
    const { run, model, dataset, ...fields } = await beginTraining(services, payload, current);
    const answer = await context.runEngine(
      {
        kind: 'train',
        ...fields.ofEngine,
        ...computeFields(services.store, run.config.compute_backend),
        ...forgettingField(services),
        modelDirectory: model.path,
        dataset: dataset.source,
      },
      (event) => keepEvent(services, runId, event),
    );
    return finishTraining(services, run, answer);
  },
  settle: ({ runId }, ending, services) => endTraining(services, runId, ending),
  together: { companions: runsToTrainWith, execute: trainTogether },
});
