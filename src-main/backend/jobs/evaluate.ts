import { StudioError } from '../../../src-shared/contract/errors.ts';
import { resolveReference } from '../library/adapters.ts';
import { resolveDataset } from '../library/datasets.ts';
import { resolveModel } from '../library/models.ts';
import type { Services } from '../services.ts';
import { computeFields } from './compute-fields.ts';
import type { JobExecutor } from './executor.ts';

/** Scores a base, an adapter or an ensemble of adapters on a data set's test split. */
export function evaluateExecutor(services: Services): JobExecutor<'evaluate'> {
  const { home, store } = services;
  return {
    async execute({ request }, context) {
      const model = await resolveModel(services, request.model);
      const dataset = await resolveDataset(services, request.dataset);
      const adapters = request.adapters.map(({ adapter, weight }) => {
        const record = resolveReference(store, adapter);
        if (record.modelId !== model.id)
          throw new StudioError(
            'refused',
            `The adapter "${record.name}" stands on the base ${record.modelId}, not on ${model.id}.`,
            `Evaluate it with the model ${record.modelId}.`,
          );
        return { directory: home.absolute(record.folder), weight };
      });
      const answer = await context.runEngine({
        kind: 'evaluate',
        ...computeFields(store),
        modelDirectory: model.path,
        dataset: dataset.source,
        eval_samples: request.eval_samples,
        adapters,
      });
      const { accuracy, examples } = answer.result;
      return {
        status: 'completed',
        result: answer.result,
        message: `${(100 * accuracy).toFixed(1)} % of ${examples} examples are right.`,
      };
    },
    settle: () => undefined,
  };
}
