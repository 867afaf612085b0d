import { z } from 'zod';
import { classificationRequestSchema } from '../../../src-shared/domain/evaluation/classification.ts';
import { computeFields } from '../jobs/compute-fields.ts';
import { defineJob } from '../jobs/define-job.ts';
import { columnDirectories } from '../library/adapters/column-directories.ts';
import { requireDataset } from '../library/datasets/datasets.ts';
import { resolveModel } from '../library/models/models.ts';

/** Classifies one image with a base and its adapters. */
export const classifyJob = defineJob({
  kind: 'classify',
  payload: z.object({ request: classificationRequestSchema }),
  references: ({ request }) => request.columns.filter((column) => column !== null),
  async execute({ request }, context, services) {
    const { store } = services;
    const { image, top } = request;
    const model = await resolveModel(services, request.model);
    const adapterDirectories = columnDirectories(services, model, request.columns);
    const { result } = await context.runEngine({
      kind: 'classify',
      ...computeFields(store),
      modelDirectory: model.path,
      adapterDirectories,
      image:
        image.kind === 'file'
          ? image
          : {
              kind: 'example',
              source: requireDataset(store, image.dataset).source,
              split: image.split,
              index: image.index,
            },
      zeroShot: request.zero_shot,
      top,
    });
    return { status: 'completed', result, message: null };
  },
});
