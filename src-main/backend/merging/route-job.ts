import { z } from 'zod';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { type RouteResult, routedBySchema } from '../../../src-shared/domain/merging/route.ts';
import { accuracy as accuracyMetric } from '../../../src-shared/metrics/accuracy.ts';
import { scoreText } from '../../../src-shared/metrics/index.ts';
import { routerOf } from '../../engine/api/merging.ts';
import { computeFields } from '../jobs/compute-fields.ts';
import { defineJob } from '../jobs/define-job.ts';
import { commonModel } from '../library/adapters/adapter-base.ts';
import { requireAdapter } from '../library/adapters/adapters.ts';
import { taskSettingsFor } from '../library/adapters/task-settings.ts';
import { requireDataset } from '../library/datasets/datasets.ts';

/** Scores routers among adapters of one base on the test splits of datasets. Nothing is stored but the scores. */
export const routeJob = defineJob({
  kind: 'route',
  payload: z.object({
    adapters: z.array(z.string()).min(2),
    routers: z.array(routedBySchema).min(1),
    datasets: z.array(z.string()).min(1),
    eval_samples: z.number().int(),
    tuning_samples: z.number().int(),
  }),
  references: ({ adapters }) => adapters.map((adapterId) => ({ adapterId })),
  async execute(payload, context, services) {
    const { home, store } = services;
    const adapters = payload.adapters.map((id) => requireAdapter(store, id));
    const model = commonModel(store, adapters);
    const ids = [...new Set([...payload.datasets, ...adapters.flatMap(({ datasetId }) => datasetId ?? [])])];
    const datasets = ids.map((id) => requireDataset(store, id));
    const scored = payload.datasets.map((id) => ids.indexOf(id));
    const { scores } = await context.runEngine({
      kind: 'route',
      ...computeFields(store),
      modelDirectory: model.path,
      adapters: adapters.map(({ folder, name, datasetId }) => ({
        directory: home.absolute(folder),
        name,
        dataset: datasetId === null ? null : ids.indexOf(datasetId),
      })),
      datasets: datasets.map(({ id, source, name }) => ({
        ...source,
        name,
        settings: settingsOn(store, adapters, id),
      })),
      scored,
      routers: payload.routers.map(({ router, parameters }) => ({ id: router, parameters })),
      eval_samples: payload.eval_samples,
      tuning_samples: payload.tuning_samples,
    });
    const result: RouteResult = {
      adapters: adapters.map(({ id, name }) => ({ id, name })),
      datasets: scored.flatMap((at) => datasets[at] ?? []).map(({ id, name }) => ({ id, name })),
      routers: payload.routers.map(({ router }, at) => ({
        id: router,
        label: routerOf(router).declaration.label,
        scores: scores[at] ?? [],
      })),
      evalSamples: payload.eval_samples,
    };
    return { status: 'completed', result, message: messageOf(result) };
  },
});

/** Task settings of the adapters of a dataset; on a dataset of none of them, the task follows from the data. */
function settingsOn(store: Parameters<typeof taskSettingsFor>[0], adapters: readonly AdapterRecord[], id: string) {
  const own = adapters.filter(({ datasetId }) => datasetId === id);
  if (own.length > 0) return taskSettingsFor(store, own);
  return { ...taskSettingsFor(store, adapters), task: 'auto' as const };
}

function messageOf({ routers, datasets }: RouteResult): string {
  const [first] = routers;
  const scores = datasets.map(
    ({ name }, at) => `${scoreText(accuracyMetric.id, first?.scores[at]?.accuracy ?? null)} on ${name}`,
  );
  return `${first?.label}: ${scores.join(', ')}.`;
}
