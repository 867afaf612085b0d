import { z } from 'zod';
import { evaluationRequestSchema } from '../../../src-shared/domain/evaluation/evaluation.ts';
import { valueText } from '../../../src-shared/metrics/index.ts';
import { loss as lossMetric } from '../../../src-shared/metrics/loss.ts';
import { measureOf, riseText } from '../../../src-shared/results/forgetting.ts';
import { headlineOf } from '../../../src-shared/results/headline.ts';
import { requireTask } from '../../engine/api/tasks.ts';
import { computeFields } from '../jobs/compute-fields.ts';
import { defineJob } from '../jobs/define-job.ts';
import { forgettingField } from '../jobs/forgetting-field.ts';
import { requireBase } from '../library/adapters/adapter-base.ts';
import { resolveReference } from '../library/adapters/adapters.ts';
import { taskSettingsOn, withChanges } from '../library/adapters/task-settings.ts';
import { resolveDataset } from '../library/datasets/datasets.ts';
import { resolveModel } from '../library/models/models.ts';

/** Scores a base, an adapter or an ensemble of adapters on a dataset's test split. */
export const evaluateJob = defineJob({
  kind: 'evaluate',
  payload: z.object({ request: evaluationRequestSchema }),
  references: ({ request }) => [
    ...request.adapters.map(({ adapter }) => adapter),
    ...(request.against === null ? [] : [request.against]),
  ],
  async execute({ request }, context, services) {
    const { home, store } = services;
    const model = await resolveModel(services, request.model);
    const dataset = await resolveDataset(services, request.dataset);
    const records = request.adapters.map(({ adapter }) => resolveReference(store, adapter));
    const adapters = records.map((record, index) => {
      requireBase(store, record, model, 'Evaluate it');
      return { directory: home.absolute(record.folder), weight: request.adapters[index]?.weight ?? 1 };
    });
    const other = request.against === null ? null : resolveReference(store, request.against);
    if (other !== null) requireBase(store, other, model, 'Evaluate it');
    const settings = withChanges(
      await taskSettingsOn(services, records, model, dataset.description.text?.columns ?? null),
      request.settings,
    );
    requireTask(settings.task, model.description, dataset.description);
    const answer = await context.runEngine({
      kind: 'evaluate',
      ...computeFields(store),
      modelDirectory: model.path,
      dataset: dataset.source,
      settings,
      eval_samples: request.eval_samples,
      adapters,
      ...(request.predictions === null ? {} : { predictionsFile: request.predictions }),
      ...(other === null ? {} : { against: { directory: home.absolute(other.folder), name: other.name } }),
      ...forgettingField(services),
    });
    const { loss, examples, forgetting } = answer.result;
    const score = headlineOf(answer.result);
    const said = score === null ? `The loss is ${valueText(lossMetric.id, loss)}` : `${score.label} ${score.text}`;
    return {
      status: 'completed',
      result: answer.result,
      message: `${said} on ${examples} examples.${forgetting === null ? '' : ` ${measureOf(forgetting).label} ${riseText(forgetting.rise)} ${measureOf(forgetting).unit}.`}`,
    };
  },
});
