import { AdapterReader } from '../adapters/peft/adapter-reader.ts';
import { activateCompute } from '../compute/index.ts';
import type { EngineResultOf, EngineTaskOf } from '../contract.ts';
import type { TaskContext } from '../events.ts';
import { loadBaseModel } from '../models/load-model.ts';
import { runRoute } from '../routing/run-route.ts';
import { defineEngineJob } from './define-job.ts';

/** Scores routers among adapters of one base. The base and each adapter are read once for all of them. */
export async function runRouteTask(
  task: EngineTaskOf<'route'>,
  context: TaskContext,
): Promise<EngineResultOf<'route'>> {
  await activateCompute(task.compute, task.threads);
  const base = await loadBaseModel(task.modelDirectory);
  const reader = new AdapterReader(base.description);
  try {
    return { kind: 'route', scores: await runRoute(task, { base, reader }, context) };
  } finally {
    await reader.close();
    base.dispose();
  }
}

export const routeJob = defineEngineJob('route', runRouteTask);
