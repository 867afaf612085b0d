import { z } from 'zod';
import { trainingSpecSchema } from '../../../src-shared/domain/plan.ts';

/** What is queued of such a job: apart from its work, which needs the studies that queue it. */
export const queuedOnTarget = {
  kind: 'train-on-target',
  payload: z.object({ studyId: z.string(), target: z.string(), trainings: z.array(trainingSpecSchema) }),
} as const;

export type TargetWork = z.infer<typeof queuedOnTarget.payload>;
