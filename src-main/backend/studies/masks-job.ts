import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { masksSpecSchema } from '../../../src-shared/domain/studies/plan.ts';
import { computeFields } from '../jobs/compute-fields.ts';
import { defineJob } from '../jobs/define-job.ts';
import { adaptersOf, datasetUsesSchema, subjectFields } from './subject-fields.ts';

const payload = z.object({
  modelId: z.string(),
  datasets: datasetUsesSchema,
  /**
   * Leaves are adapters of the studio; `place` is the index of the dataset that is evaluated on. Each table is stored
   * under its content key.
   */
  specs: z.array(masksSpecSchema.extend({ place: z.number().int(), contentKey: z.string(), content: z.string() })),
});

/** Evaluates subsets of adapters on one base, and stores each score as soon as it is known. */
export const masksJob = defineJob({
  kind: 'masks',
  payload,
  references: ({ specs }) => adaptersOf(specs),
  async execute({ modelId, datasets, specs }, context, services) {
    const { contents } = services.store;
    const specOf = (key: string) => {
      const spec = specs.find((one) => one.key === key);
      if (spec === undefined) throw new StudioError('internal', `The engine returned an unrequested table "${key}".`);
      return spec;
    };
    const { evaluated } = await context.runEngine(
      {
        kind: 'masks',
        ...computeFields(services.store),
        ...(await subjectFields(services, modelId, datasets, specs)),
        tables: specs.map(({ key, title, names, subject, unit, masks, place, contentKey }) => {
          const outline = contents.findMaskOutline(contentKey);
          const known = outline && { outline, scores: contents.maskScores(contentKey) };
          return { key, title, names, subject, unit, masks, dataset: place, known };
        }),
      },
      (event) => {
        if (event.kind === 'mask-outline') {
          const { contentKey, content } = specOf(event.key);
          contents.saveMaskOutline(contentKey, content, event.outline);
        }
        if (event.kind === 'mask-scores') contents.saveMaskScores(specOf(event.key).contentKey, event.scores);
      },
    );
    return { status: 'completed', result: { evaluated }, message: null };
  },
});
