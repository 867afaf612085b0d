import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { dampedInverse, gram } from '../linalg/index.ts';
import { toHost } from '../ops/to-host.ts';
import { adamw } from './adamw.ts';
import { parametersOfRun } from './declared-parameters.ts';
import { type FactorPair, type Optimizer, type OptimizerKind, type OptimizerState, variableOf } from './optimizer.ts';

export const riemannianAdamw: OptimizerKind = {
  declaration: {
    id: 'riemannian-adamw',
    label: 'Riemannian AdamW',
    summary:
      'AdamW on gradients that an r × r preconditioner rescales for the product B·A, so that both factors learn at one rate at any scale.',
    paper: {
      title: 'Riemannian Preconditioned LoRA for Fine-Tuning Foundation Models',
      url: 'https://arxiv.org/abs/2402.02347',
    },
    get parameters() {
      return parametersOfRun('weight_decay', 'adam_beta1', 'adam_beta2', 'adam_epsilon', 'riemannian_reg');
    },
  },
  moments: adamw.moments,
  create: adamw.create,
  check({ declaration: { label }, ranks, product: { reason } }, { unit }) {
    if (unit === 'rank')
      throw new StudioError(
        'refused',
        'optim: riemannian-adamw mixes the gradients of all ranks, so a schedule that switches ranks off has no effect on them.',
        'Set optim to adamw, or choose a schedule over layers.',
      ).at('optim');
    if (ranks?.factors !== undefined) return;
    throw new StudioError(
      'refused',
      `optim: riemannian-adamw preconditions the factors of B·A, and ${label} does not train two factors${reason === undefined ? '' : `: ${reason}`}.`,
      'Set optim to adamw, or train LoRA, rsLoRA, DoRA or LoRA+.',
    ).at('optim');
  },
  around: (optimizer, variables, pairs, { reg }) => new Preconditioned(optimizer, variables, pairs, reg),
};

/**
 * Zhang and Pilanci 2024, equation 5 on every gradient before the moments, as PEFT's create_riemannian_optimizer: gA ← (BᵀB
 * + reg·I)⁻¹·gA and gB ← gB·(A·Aᵀ + reg·I)⁻¹, both of the factors before the step, the r × r algebra in double precision. A
 * factor without a gradient, and every other variable, is unchanged.
 */
class Preconditioned implements Optimizer {
  private readonly optimizer: Optimizer;
  private readonly variables: ReadonlyMap<string, tf.Variable>;
  private readonly pairs: readonly FactorPair[];
  private readonly reg: number;

  constructor(
    optimizer: Optimizer,
    variables: ReadonlyMap<string, tf.Variable>,
    pairs: readonly FactorPair[],
    reg: number,
  ) {
    this.optimizer = optimizer;
    this.variables = variables;
    this.pairs = pairs;
    this.reg = reg;
  }

  async step(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: number, gradientScale: number): Promise<void> {
    const scaled = new Map<string, tf.Tensor>();
    try {
      for (const { a, b } of this.pairs) {
        const [ofA, ofB] = [gradients.get(a), gradients.get(b)];
        if (ofA) scaled.set(a, await this.preconditioned(b, 'columns', (inverse) => tf.matMul(inverse, ofA)));
        if (ofB) scaled.set(b, await this.preconditioned(a, 'rows', (inverse) => tf.matMul(ofB, inverse)));
      }
      await this.optimizer.step(new Map([...gradients, ...scaled]), learningRate, gradientScale);
    } finally {
      tf.dispose([...scaled.values()]);
    }
  }

  state(): Promise<OptimizerState> {
    return this.optimizer.state();
  }

  restore(state: OptimizerState): void {
    this.optimizer.restore(state);
  }

  dispose(): void {
    this.optimizer.dispose();
  }

  /** A product with the damped inverse [r, r] of the products of the factor `name` with itself. */
  private async preconditioned(
    name: string,
    of: 'rows' | 'columns',
    multiply: (inverse: tf.Tensor2D) => tf.Tensor,
  ): Promise<tf.Tensor> {
    const factor = await toHost(variableOf(this.variables, name));
    const { shape, data } = dampedInverse(gram([{ matrix: factor, scale: 1 }], of), this.reg);
    return tf.tidy(() => multiply(tf.tensor2d(Float32Array.from(data), [...shape])));
  }
}
