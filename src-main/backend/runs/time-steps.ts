import type { JobRecord } from '../../../src-shared/domain/job.ts';
import type { RunConfig } from '../../../src-shared/domain/run.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { peekDataset } from '../library/datasets/datasets.ts';
import { peekModel } from '../library/models/models.ts';
import { checkRun } from './check-run.ts';
import { checkedRun } from './run-yaml.ts';
import { timedSteps, timeStepsJob } from './time-steps-job.ts';

/** Queues the timing of a few steps. Throws if the config does not fit the model or the data. */
export async function timeSteps(services: HandlerServices, given: RunConfig): Promise<JobRecord> {
  const config = checkedRun(given);
  const model = await peekModel(services, config.model);
  await checkRun(services, config, model, await peekDataset(services, config.dataset));
  return services.queue.add(timeStepsJob, { title: `Time ${timedSteps} steps`, subjectId: null }, { config });
}
