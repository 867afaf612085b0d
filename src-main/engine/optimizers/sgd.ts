import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor } from '../tensors/host-tensor.ts';
import { parametersOfRun } from './declared-parameters.ts';
import {
  type GroupSettings,
  type Optimizer,
  type OptimizerKind,
  type OptimizerState,
  variableOf,
} from './optimizer.ts';
import { kept, restored } from './state-tensors.ts';

export const sgd: OptimizerKind = {
  declaration: {
    id: 'sgd',
    label: 'SGD',
    summary: 'Plain gradient descent, with momentum on request. Needs a far higher learning rate than AdamW.',
    get parameters() {
      return parametersOfRun('weight_decay', 'sgd_momentum');
    },
  },
  moments: ({ sgd_momentum }) => (sgd_momentum === 0 ? 0 : 1),
  create: (variables, settings) => new Sgd(variables, settings),
};

/**
 * `torch.optim.SGD` without dampening: g ← g + wd·θ; with momentum μ, b ← μ·b + g (b starts as the first g) and g ← b; θ ←
 * θ − lr·g. The decay is part of the gradient, not decoupled as in AdamW.
 */
export class Sgd implements Optimizer {
  private readonly variables: ReadonlyMap<string, tf.Variable>;
  private readonly settings: Pick<GroupSettings, 'momentum' | 'weightDecay'>;
  private readonly steps = new Map<string, number>();
  private readonly buffers = new Map<string, tf.Variable>();

  constructor(variables: ReadonlyMap<string, tf.Variable>, settings: Pick<GroupSettings, 'momentum' | 'weightDecay'>) {
    this.variables = variables;
    this.settings = settings;
  }

  step(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: number, gradientScale: number): void {
    const { weightDecay } = this.settings;
    for (const [name, gradient] of gradients)
      tf.tidy(() => {
        const variable = variableOf(this.variables, name);
        const scaled = tf.mul(gradient, gradientScale);
        const decayed = weightDecay === 0 ? scaled : tf.add(scaled, tf.mul(variable, weightDecay));
        variable.assign(tf.sub(variable, tf.mul(this.direction(name, decayed), learningRate)));
        this.steps.set(name, (this.steps.get(name) ?? 0) + 1);
      });
  }

  async state(): Promise<OptimizerState> {
    const tensors = new Map<string, HostTensor>();
    for (const [name, buffer] of this.buffers) await kept(tensors, `${name}.momentum_buffer`, buffer);
    return { steps: new Map(this.steps), tensors };
  }

  restore({ steps, tensors }: OptimizerState): void {
    this.dispose();
    for (const [name, step] of steps) {
      this.steps.set(name, step);
      if (this.settings.momentum > 0)
        this.buffers.set(name, restored(tensors, `${name}.momentum_buffer`, variableOf(this.variables, name)));
    }
  }

  dispose(): void {
    tf.dispose([...this.buffers.values()]);
    this.buffers.clear();
    this.steps.clear();
  }

  private direction(name: string, gradient: tf.Tensor): tf.Tensor {
    const { momentum } = this.settings;
    if (momentum === 0) return gradient;
    const buffer = this.buffers.get(name);
    if (buffer === undefined) {
      this.buffers.set(name, tf.variable(gradient, false));
      return gradient;
    }
    buffer.assign(tf.add(tf.mul(buffer, momentum), gradient));
    return buffer;
  }
}
