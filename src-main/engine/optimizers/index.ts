import type * as tf from '@tensorflow/tfjs-core';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { adamw } from './adamw.ts';
import { GroupedOptimizer } from './grouped.ts';
import type { FactorPair, Optimizer, OptimizerKind, OptimizerSettings, ParameterGroup } from './optimizer.ts';
import { riemannianAdamw } from './riemannian-adamw.ts';
import { sgd } from './sgd.ts';

/** Every optimizer by its name in `optim`: one file each. */
export const optimizerKinds: Readonly<Record<RunConfig['optim'], OptimizerKind>> = {
  adamw,
  'riemannian-adamw': riemannianAdamw,
  sgd,
};

/**
 * Creates the optimizer named by `optim` over `variables`, partitioned into `groups`.
 * @param pairs the factors of the adapted modules.
 */
export function createOptimizer(
  optim: RunConfig['optim'],
  variables: ReadonlyMap<string, tf.Variable>,
  settings: OptimizerSettings,
  groups: readonly ParameterGroup[],
  pairs: readonly FactorPair[] = [],
): Optimizer {
  const kind = optimizerKinds[optim];
  const grouped = new GroupedOptimizer(
    groups.map(({ names, learningRateFactor, weightDecay, create = kind.create }) => ({
      names,
      learningRateFactor,
      optimizer: create(variables, { ...settings, weightDecay }),
    })),
  );
  return kind.around?.(grouped, variables, pairs, settings) ?? grouped;
}
