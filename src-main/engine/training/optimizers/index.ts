import type * as tf from '@tensorflow/tfjs-core';
import type { RunConfig } from '../../../../src-shared/domain/run.ts';
import { adamw } from './adamw.ts';
import { GroupedOptimizer } from './grouped.ts';
import type { Optimizer, OptimizerKind, OptimizerSettings } from './optimizer.ts';

/** Every optimizer by its name in `optim`: one file each. */
const kinds: Readonly<Record<RunConfig['optim'], OptimizerKind>> = { adamw };

/** Variables that are updated alike. */
export interface ParameterGroup {
  readonly names: ReadonlySet<string>;
  /** The group learns at so many times the run's rate. */
  readonly learningRateFactor: number;
  readonly weightDecay: number;
  /** Makes the group's optimizer, where it is not the one that `optim` names. */
  readonly create?: OptimizerKind['create'];
}

/** The optimizer that `optim` names over `variables`, which `groups` share out among them. */
export function createOptimizer(
  optim: RunConfig['optim'],
  variables: ReadonlyMap<string, tf.Variable>,
  settings: OptimizerSettings,
  groups: readonly ParameterGroup[],
): Optimizer {
  return new GroupedOptimizer(
    groups.map(({ names, learningRateFactor, weightDecay, create = kinds[optim].create }) => ({
      names,
      learningRateFactor,
      optimizer: create(variables, { ...settings, weightDecay }),
    })),
  );
}
