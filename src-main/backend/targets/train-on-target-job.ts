import { defineJob } from '../jobs/define-job.ts';
import { queuedOnTarget } from '../studies/run-plan.ts';
import { trainOnTarget } from './train-on-target.ts';

/** Trains runs of a study on a target and imports their results. Paused, it no longer follows runs that go on there. */
export const trainOnTargetJob = defineJob({
  ...queuedOnTarget,
  references: () => [],
  async execute(payload, context, services) {
    try {
      const result = await trainOnTarget(payload, context, services);
      return { status: 'completed', result, message: null };
    } catch (thrown) {
      if (context.pausing.aborted && !context.abort.aborted) return { status: 'paused', message: null };
      throw thrown;
    }
  },
});
