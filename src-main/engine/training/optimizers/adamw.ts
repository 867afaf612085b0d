import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { type AdamWParameter, type AdamWSettings, adamwStep } from '../../ops/optimizer/adamw.ts';
import { toHost } from '../../ops/to-host.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import type { Optimizer, OptimizerKind, OptimizerState } from './optimizer.ts';

export type AdamWOptions = Pick<AdamWSettings, 'beta1' | 'beta2' | 'epsilon' | 'weightDecay'>;

interface Moments {
  step: number;
  first: tf.Variable;
  second: tf.Variable;
}

export const adamw: OptimizerKind = { create: (variables, settings) => new AdamW(variables, settings) };

/** AdamW as in `adamwStep`, with t counted by variable. */
export class AdamW implements Optimizer {
  private readonly variables: ReadonlyMap<string, tf.Variable>;
  private readonly options: AdamWOptions;
  private readonly moments = new Map<string, Moments>();

  constructor(variables: ReadonlyMap<string, tf.Variable>, options: AdamWOptions) {
    this.variables = variables;
    this.options = options;
  }

  step(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: number, gradientScale: number): void {
    const parameters: AdamWParameter[] = [];
    for (const [name, gradient] of gradients) {
      const parameter = this.variable(name);
      const moments = this.momentsOf(name, parameter);
      moments.step += 1;
      parameters.push({ parameter, gradient, ...moments });
    }
    adamwStep(parameters, { ...this.options, learningRate, gradientScale });
  }

  async state(): Promise<OptimizerState> {
    const steps = new Map<string, number>();
    const tensors = new Map<string, HostTensor>();
    for (const [name, moments] of this.moments) {
      steps.set(name, moments.step);
      tensors.set(`${name}.exp_avg`, await toHost(moments.first));
      tensors.set(`${name}.exp_avg_sq`, await toHost(moments.second));
    }
    return { steps, tensors };
  }

  restore(state: OptimizerState): void {
    this.dispose();
    for (const [name, step] of state.steps) {
      const variable = this.variable(name);
      const first = toVariable(state.tensors.get(`${name}.exp_avg`), variable, `${name}.exp_avg`);
      const second = toVariable(state.tensors.get(`${name}.exp_avg_sq`), variable, `${name}.exp_avg_sq`);
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

  private variable(name: string): tf.Variable {
    const variable = this.variables.get(name);
    if (!variable) throw new StudioError('internal', `The optimizer has no parameter named ${name}.`);
    return variable;
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

function toVariable(tensor: HostTensor | undefined, like: tf.Variable, name: string): tf.Variable {
  if (!tensor || tensor.shape.join() !== like.shape.join())
    throw new StudioError(
      'invalid_file',
      `The checkpoint's optimizer state has no tensor ${name} of shape [${like.shape.join(', ')}].`,
      'Resume from another checkpoint, or start the run again.',
    );
  return tf.tidy(() => tf.variable(tf.tensor(tensor.data, [...tensor.shape], 'float32'), false));
}
