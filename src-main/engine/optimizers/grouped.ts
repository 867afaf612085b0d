import type * as tf from '@tensorflow/tfjs-core';
import type { Optimizer, OptimizerState } from './optimizer.ts';

interface Group {
  readonly names: ReadonlySet<string>;
  readonly learningRateFactor: number;
  readonly optimizer: Optimizer;
}

/** Optimizers for disjoint groups of variables, e.g. with and without decay, or with several learning rates. */
export class GroupedOptimizer implements Optimizer {
  private readonly groups: readonly Group[];

  constructor(groups: readonly Group[]) {
    this.groups = groups;
  }

  async step(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: number, gradientScale: number): Promise<void> {
    for (const { names, learningRateFactor, optimizer } of this.groups) {
      const own = new Map([...gradients].filter(([name]) => names.has(name)));
      if (own.size > 0) await optimizer.step(own, learningRate * learningRateFactor, gradientScale);
    }
  }

  async state(): Promise<OptimizerState> {
    const states: OptimizerState[] = [];
    for (const { optimizer } of this.groups) states.push(await optimizer.state());
    return {
      steps: new Map(states.flatMap(({ steps }) => [...steps])),
      tensors: new Map(states.flatMap(({ tensors }) => [...tensors])),
    };
  }

  restore(state: OptimizerState): void {
    for (const { names, optimizer } of this.groups)
      optimizer.restore({ ...state, steps: new Map([...state.steps].filter(([name]) => names.has(name))) });
  }

  dispose(): void {
    for (const { optimizer } of this.groups) optimizer.dispose();
  }
}
