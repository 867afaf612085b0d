import * as tf from '@tensorflow/tfjs-core';
import { type AdamWParameter, type AdamWSettings, adamwStep, arrangeParameters } from '../ops/optimizer/adamw.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';
import { parametersOfRun } from './declared-parameters.ts';
import { type Optimizer, type OptimizerKind, type OptimizerState, variableOf } from './optimizer.ts';
import { kept, restored } from './state-tensors.ts';

export type AdamWOptions = Pick<AdamWSettings, 'beta1' | 'beta2' | 'epsilon' | 'weightDecay'>;

interface Moments {
  step: number;
  first: tf.Variable;
  second: tf.Variable;
}

export const adamw: OptimizerKind = {
  declaration: {
    id: 'adamw',
    label: 'AdamW',
    summary: 'Adam with decoupled weight decay, with PyTorch’s semantics.',
    paper: { title: 'Decoupled Weight Decay Regularization', url: 'https://arxiv.org/abs/1711.05101' },
    get parameters() {
      return parametersOfRun('weight_decay', 'adam_beta1', 'adam_beta2', 'adam_epsilon');
    },
  },
  moments: () => 2,
  create: (variables, { beta1, beta2, epsilon, weightDecay }) =>
    new AdamW(variables, { beta1, beta2, epsilon, weightDecay }),
};

/** AdamW as in `adamwStep`, with t counted by variable. */
export class AdamW implements Optimizer {
  readonly mayBorrow = true;
  protected readonly options: AdamWOptions;
  private readonly variables: ReadonlyMap<string, tf.Variable>;
  private readonly moments = new Map<string, Moments>();

  constructor(variables: ReadonlyMap<string, tf.Variable>, options: AdamWOptions) {
    this.variables = variables;
    this.options = options;
    arrangeParameters([...variables.values()]);
  }

  step(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: number, gradientScale: number): void {
    const parameters: AdamWParameter[] = [];
    for (const [name, gradient] of gradients) {
      const parameter = variableOf(this.variables, name);
      const moments = this.momentsOf(name, parameter);
      moments.step += 1;
      parameters.push({ parameter, gradient, ...moments });
    }
    this.update(parameters, learningRate, gradientScale);
  }

  async state(): Promise<OptimizerState> {
    const steps = new Map<string, number>();
    const tensors = new Map<string, HostTensor>();
    for (const [name, moments] of this.moments) {
      steps.set(name, moments.step);
      await kept(tensors, `${name}.exp_avg`, moments.first);
      await kept(tensors, `${name}.exp_avg_sq`, moments.second);
    }
    return { steps, tensors };
  }

  restore({ steps, tensors }: OptimizerState): void {
    this.dispose();
    for (const [name, step] of steps) {
      const variable = variableOf(this.variables, name);
      const first = restored(tensors, `${name}.exp_avg`, variable);
      const second = restored(tensors, `${name}.exp_avg_sq`, variable);
      this.moments.set(name, { step, first, second });
    }
  }

  dispose(): void {
    for (const { first, second } of this.moments.values()) {
      first.dispose();
      second.dispose();
    }
    this.moments.clear();
  }

  protected update(parameters: readonly AdamWParameter[], learningRate: number, gradientScale: number): void {
    adamwStep(parameters, { ...this.options, learningRate, gradientScale });
  }

  private momentsOf(name: string, variable: tf.Variable): Moments {
    const known = this.moments.get(name);
    if (known) return known;
    const zeros = () => tf.tidy(() => tf.variable(tf.zeros(variable.shape), false));
    const fresh = { step: 0, first: zeros(), second: zeros() };
    this.moments.set(name, fresh);
    return fresh;
  }
}
