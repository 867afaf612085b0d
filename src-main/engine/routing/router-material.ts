import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { AdaptedModel } from '../adapters/model/adapted-model.ts';
import type { AdapterState } from '../adapters/variant/state.ts';
import type { TuningExamples } from '../evaluation/tuning-examples.ts';
import { type BatchInputs, deviceInputs } from '../losses/batch-inputs.ts';
import type { BatchLoss } from '../losses/batch-loss.ts';
import type { BaseModel } from '../models/base-model.ts';
import { readableTokens } from './readable-tokens.ts';
import type { RowStates } from './router.ts';
import { meanStates } from './row-reading.ts';

/** Training rows of one dataset, and the adapters with a head for them. */
export interface FittingRows {
  readonly examples: TuningExamples;
  /** Each adapter with the head of this dataset's task. */
  readonly headed: readonly AdapterState[];
  /** True if a row holds an answer behind its prompt. */
  readonly hasPrompts: boolean;
}

/** Mean states of training rows in the plain base. @throws StudioError cancelled */
export async function statesOfRows(base: BaseModel, { examples, hasPrompts }: FittingRows): Promise<RowStates> {
  const plain = new AdaptedModel(base);
  try {
    const values: number[] = [];
    let width = 0;
    for await (const { inputs, loss } of examples.batches()) {
      const device = deviceInputs(inputs);
      const states = tf.tidy(() =>
        meanStates(plain, { inputs: device, answered: hasPrompts ? answeredTexts(inputs, loss) : null }),
      );
      try {
        width = states.shape[1];
        values.push(...(await states.data<'float32'>()));
      } finally {
        tf.dispose([states, ...Object.values(device)]);
      }
    }
    return { values: Float32Array.from(values), width };
  } finally {
    plain.dispose();
  }
}

function answeredTexts(inputs: BatchInputs, loss: BatchLoss) {
  const labels = 'labels' in loss && loss.labels instanceof Int32Array ? loss.labels : null;
  const readable = readableTokens(inputs, labels);
  const ids = inputs['input_ids']?.data;
  return readable && ids instanceof Int32Array ? { ids, readable } : null;
}

/** Mean score of each adapter over the datasets. @throws StudioError cancelled */
export async function scoresOnRows(base: BaseModel, all: readonly FittingRows[]): Promise<number[]> {
  const totals = (all[0]?.headed ?? []).map(() => 0);
  const model = new AdaptedModel(base);
  try {
    for (const { examples, headed } of all)
      for (const [at, state] of headed.entries()) {
        model.loadState(state);
        totals[at] = (totals[at] ?? 0) + (await examples.score(model)) / all.length;
      }
  } finally {
    model.dispose();
  }
  if (totals.every(Number.isFinite)) return totals;
  throw new StudioError(
    'not_finite',
    'The score of an adapter on the training rows is not finite (NaN or infinity).',
    'Leave out adapters that have diverged.',
  );
}
