import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { computeFields } from '../jobs/compute-fields.ts';
import { defineJob } from '../jobs/define-job.ts';
import { requireAdapter } from '../library/adapters/adapters.ts';
import { requireModel } from '../library/models/models.ts';

const mapSchema = z.object({
  key: z.string(),
  title: z.string(),
  names: z.array(z.string()),
  adapterIds: z.array(z.string()),
  seed: z.number().int(),
  contentKey: z.string(),
  content: z.string(),
});
export type MergeabilityMap = z.infer<typeof mapSchema>;

const payload = z.object({
  modelId: z.string(),
  /** Each map is stored under its content key. */
  maps: z.array(mapSchema),
});

/** Compares adapters on one base pair by pair, and stores each map as soon as it is known. */
export const mergeabilityJob = defineJob({
  kind: 'mergeability',
  payload,
  references: ({ maps }) => maps.flatMap(({ adapterIds }) => adapterIds.map((adapterId) => ({ adapterId }))),
  async execute({ modelId, maps }, context, { home, store }) {
    const { compared } = await context.runEngine(
      {
        kind: 'mergeability',
        ...computeFields(store),
        description: requireModel(store, modelId).description,
        maps: maps.map(({ key, title, names, adapterIds, seed }) => ({
          key,
          title,
          names,
          directories: adapterIds.map((id) => home.absolute(requireAdapter(store, id).folder)),
          seed,
        })),
      },
      (event) => {
        if (event.kind !== 'pairs') return;
        const map = maps.find(({ key }) => key === event.key);
        if (map === undefined)
          throw new StudioError('internal', `The engine returned an unrequested map "${event.key}".`);
        store.contents.savePairs(map.contentKey, map.content, event.pairs);
      },
    );
    return { status: 'completed', result: { compared }, message: null };
  },
});
