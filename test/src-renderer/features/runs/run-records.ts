import type { z } from 'zod';
import type { RequestArgument } from '../../../../src-shared/contract/requests.ts';
import { runConfigSchema, runRecordSchema } from '../../../../src-shared/domain/runs/run.ts';
import { makeCurve } from '../../../src-shared/curves/make-curve.ts';

interface Parts {
  seed?: number;
  coto?: boolean;
  learning_rate?: number;
  accuracy?: number | null;
}

/** A run on the digits; with an accuracy it is completed. */
export function makeRun(
  id: string,
  { seed = 1, coto = false, learning_rate = 0.001, accuracy = null }: Parts = {},
  changes: Partial<z.input<typeof runRecordSchema>> = {},
) {
  return runRecordSchema.parse({
    ...{ id, name: `Run ${id}`, status: accuracy === null ? 'running' : 'completed', folder: `runs/${id}` },
    config: runConfigSchema.parse({ seed, learning_rate, coto: coto ? {} : null }),
    ...{ modelId: 'base', datasetId: 'digits', tags: [], note: '', starred: false, archived: false, studyId: null },
    ...{ step: 100, adapterId: accuracy === null ? null : `adapter-${id}`, checkpoints: [], error: null },
    facts: {
      ...{ totalSteps: 200, trainableParameters: 1, totalParameters: 2, groups: ['layer 0'], trainExamples: 9 },
      ...{ evalExamples: 9, backend: 'native', threads: 1 },
    },
    ...{ createdAt: Number(id.replace(/\D/g, '')) || 1, startedAt: null, finishedAt: null },
    result:
      accuracy === null
        ? null
        : {
            ...{ steps: 200, accuracy, evalLoss: 0.5, trainLoss: 1, meanStepMilliseconds: 10 },
            ...{ medianStepMilliseconds: 9, meanActiveShare: 1, trainSeconds: 1 },
          },
    ...changes,
  });
}

/** Returns the runs' history from the fake backend: a loss of two values, and an evaluation. */
export function historyOf({ ids }: Pick<RequestArgument<'runs.history'>, 'ids'>) {
  return ids.map((id) => ({
    id,
    curves: [makeCurve('loss', [0, 100], [2, 1]), makeCurve('eval_accuracy', [50, 100], [0.6, 0.5])],
    masks: null,
  }));
}
