import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { readAdapterOutline } from '../../engine/api/adapters.ts';
import { checkRouting, type Router, requireSeveral, routerOf } from '../../engine/api/merging.ts';
import { requireTask } from '../../engine/api/tasks.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { commonModel } from '../library/adapters/adapter-base.ts';
import { requireAdapter } from '../library/adapters/adapters.ts';
import { requireDataset } from '../library/datasets/datasets.ts';
import type { Handlers, NamesOf } from '../services/handler.ts';
import { describeInputs } from './handlers.ts';
import { routeJob } from './route-job.ts';

export function routeHandlers({ store, home, queue }: HandlerServices): Handlers<NamesOf<'route'>> {
  return {
    'route.start': async ({ adapters: ids, routers, datasets: given, eval_samples, tuning_samples }) => {
      const adapters = ids.map((id) => requireAdapter(store, id));
      requireSeveral(adapters);
      requireDifferent(adapters);
      const { description } = commonModel(store, adapters);
      const inputs = await Promise.all(
        adapters.map(async ({ folder, name }) => ({
          ...(await readAdapterOutline(home.absolute(folder), description)),
          name,
        })),
      );
      const chosen = routers.map(({ router: id, parameters }) => {
        const router = routerOf(id);
        checkRouting(router, checkedParameters(router.declaration, parameters), inputs, description);
        if (router.needs.rows) requireRows(router, adapters);
        return router;
      });
      const datasets = given ?? [...new Set(adapters.flatMap(({ datasetId }) => datasetId ?? []))];
      if (datasets.length === 0) throw withoutDataset();
      for (const id of datasets) requireTask('auto', description, requireDataset(store, id).description);
      const labels = chosen.map(({ declaration }) => declaration.label).join(', ');
      return queue.add(
        routeJob,
        { title: `Route ${describeInputs(adapters.map(({ name }) => name))}: ${labels}`, subjectId: null },
        { adapters: ids, routers, datasets, eval_samples, tuning_samples },
      );
    },
  };
}

/** @throws StudioError invalid_input for an adapter that is named twice */
function requireDifferent(adapters: readonly AdapterRecord[]): void {
  const twice = adapters.find(({ id }, at) => adapters.findIndex((other) => other.id === id) < at);
  if (twice === undefined) return;
  throw new StudioError(
    'invalid_input',
    `"${twice.name}" is named twice, and a router chooses among different adapters.`,
    'Name each adapter once.',
  ).at('adapters');
}

/** @throws StudioError refused for an adapter without rows to fit the router to */
function requireRows({ declaration: { label } }: Router, adapters: readonly AdapterRecord[]): void {
  const without = adapters.find(({ datasetId }) => datasetId === null);
  if (without === undefined) return;
  throw new StudioError(
    'refused',
    `${label} is fitted to training rows, and there are none of "${without.name}": its dataset is not in the studio.`,
    'Choose adapters that were trained in the studio, or a router that needs no rows.',
  ).at('adapters');
}

function withoutDataset(): StudioError {
  return new StudioError(
    'invalid_input',
    'There is nothing to score on: the datasets of the adapters are not in the studio.',
    'Name a dataset with a test split.',
  ).at('datasets');
}
