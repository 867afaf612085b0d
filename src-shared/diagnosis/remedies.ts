import type { RunConfig } from '../domain/runs/run.ts';
import { optimizationSettings } from '../domain/runs/run-optimization.ts';
import type { Found } from './finding.ts';

type Remedy = Pick<Found, 'advice' | 'changes'>;

/** The default learning rate. */
export const usualRate = optimizationSettings.learning_rate.parse(undefined);

/** A learning rate with two significant digits. */
function rate(value: number): number {
  return Number(value.toPrecision(2));
}

/** The peak learning rate divided by `factor`, and clipping where it was off. */
export function lowerRate({ learning_rate, max_grad_norm }: RunConfig, factor: number): Remedy {
  const changed = rate(learning_rate / factor);
  return {
    advice:
      max_grad_norm === 0
        ? `Train again with a learning rate of ${changed} and gradients clipped to norm 1.`
        : `Train again with a learning rate of ${changed}.`,
    changes: { learning_rate: changed, ...(max_grad_norm === 0 ? { max_grad_norm: 1 } : {}) },
  };
}

/** The peak learning rate times `factor`: above the default rate at most ten times the present one. */
export function higherRate({ learning_rate }: RunConfig, factor: number): Remedy {
  const changed = rate(Math.max(Math.min(learning_rate * factor, usualRate), 10 * learning_rate));
  return { advice: `Train again with a learning rate of ${changed}.`, changes: { learning_rate: changed } };
}

/** Twice as many steps, or passes over the data. */
export function longer({ max_steps, num_train_epochs }: RunConfig): Remedy {
  return max_steps > 0
    ? { advice: `Train for ${2 * max_steps} steps.`, changes: { max_steps: 2 * max_steps } }
    : { advice: `Train for ${2 * num_train_epochs} epochs.`, changes: { num_train_epochs: 2 * num_train_epochs } };
}
