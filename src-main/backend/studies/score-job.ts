import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { type Score, scoreSpecSchema } from '../../../src-shared/domain/studies/plan.ts';
import { computeFields } from '../jobs/compute-fields.ts';
import { defineJob } from '../jobs/define-job.ts';
import { forgettingField } from '../jobs/forgetting-field.ts';
import { adaptersOf, datasetUsesSchema, subjectFields } from './subject-fields.ts';

const payload = z.object({
  modelId: z.string(),
  datasets: datasetUsesSchema,
  /**
   * Leaves are adapters of the studio, datasets are ids; `place` is the index of the dataset that is scored on. Each
   * score is stored under its content key.
   */
  specs: z.array(scoreSpecSchema.extend({ place: z.number().int(), contentKey: z.string(), content: z.string() })),
});

/** Computes scores on one base, and stores each under its content key as soon as it is known. */
export const scoreJob = defineJob({
  kind: 'score',
  payload,
  references: ({ specs }) => adaptersOf(specs),
  async execute({ modelId, datasets, specs }, context, services) {
    const { store } = services;
    const keep = (key: string, score: Score): void => {
      const spec = specs.find((one) => one.key === key);
      if (spec === undefined) throw new StudioError('internal', `The engine returned an unrequested score "${key}".`);
      store.contents.saveScore(spec.contentKey, spec.content, score);
    };
    const { scored } = await context.runEngine(
      {
        kind: 'score',
        ...computeFields(store),
        ...(await subjectFields(services, modelId, datasets, specs)),
        subjects: specs.map(({ key, title, names, subject, place, forgetting }) => ({
          key,
          title,
          names,
          subject,
          dataset: place,
          ...(forgetting === undefined ? {} : { forgetting }),
        })),
        ...forgettingField(services),
      },
      (event) => {
        if (event.kind === 'score') keep(event.key, event.score);
      },
    );
    return { status: 'completed', result: { scored }, message: null };
  },
});
