import * as tf from '@tensorflow/tfjs-core';
import { type Matrix, toFloat32 } from '../linalg/index.ts';
import { matmul } from '../ops/linear/matmul.ts';
import { toHost } from '../ops/to-host.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';
import type { AdamWOptions } from './adamw.ts';
import { type Factors, gradientAdjuster } from './lora-pro-adjustment.ts';
import { type FactorPair, type Optimizer, type OptimizerState, variableOf } from './optimizer.ts';
import { kept, restored } from './state-tensors.ts';

export interface ScaledPair extends FactorPair {
  /** The factor in front of B·A. */
  readonly scaling: number;
}

/** Moments of the weight's gradient, [out, in]. */
interface Moments {
  step: number;
  readonly first: tf.Variable;
  readonly second: tf.Variable;
}

const delta = 1e-8;

/**
 * AdamW of LoRA-Pro: Adam runs on the equivalent gradient of the weight, E = s·(B·A' + B'·A) with X = 0; its step g becomes
 * gradients s·Bᵀ·g and s·g·Aᵀ of the factors, which are adjusted once more and applied with the learning rate. The authors'
 * code (mrflogs/LoRA-Pro) counts Adam's steps from 2 and rounds E to bfloat16; here they count from 1, and nothing is
 * rounded. Decay is AdamW's, on the factors. The r × r algebra is in double precision. A pair without a gradient takes no
 * step.
 */
export class LoraProAdamW implements Optimizer {
  private readonly variables: ReadonlyMap<string, tf.Variable>;
  private readonly pairs: readonly ScaledPair[];
  private readonly options: AdamWOptions;
  private readonly moments = new Map<string, Moments>();

  constructor(variables: ReadonlyMap<string, tf.Variable>, pairs: readonly ScaledPair[], options: AdamWOptions) {
    this.variables = variables;
    this.pairs = pairs;
    this.options = options;
  }

  async step(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: number, gradientScale: number): Promise<void> {
    for (const pair of this.pairs) {
      const [ofA, ofB] = [gradients.get(pair.a), gradients.get(pair.b)];
      if (ofA && ofB) await this.stepOf(pair, { a: ofA, b: ofB }, learningRate, gradientScale);
    }
  }

  async state(): Promise<OptimizerState> {
    const steps = new Map<string, number>();
    const tensors = new Map<string, HostTensor>();
    for (const [name, { step, first, second }] of this.moments) {
      steps.set(name, step);
      await kept(tensors, `${name}.exp_avg`, first);
      await kept(tensors, `${name}.exp_avg_sq`, second);
    }
    return { steps, tensors };
  }

  restore({ steps, tensors }: OptimizerState): void {
    this.dispose();
    for (const pair of this.pairs) {
      const step = steps.get(pair.a);
      if (step === undefined) continue;
      const like = { shape: this.weightShape(pair) };
      const first = restored(tensors, `${pair.a}.exp_avg`, like);
      this.moments.set(pair.a, { step, first, second: restored(tensors, `${pair.a}.exp_avg_sq`, like) });
    }
  }

  dispose(): void {
    for (const { first, second } of this.moments.values()) tf.dispose([first, second]);
    this.moments.clear();
  }

  private async stepOf(
    pair: ScaledPair,
    gradient: Factors<tf.Tensor>,
    learningRate: number,
    gradientScale: number,
  ): Promise<void> {
    const { scaling } = pair;
    const variables = { a: variableOf(this.variables, pair.a), b: variableOf(this.variables, pair.b) };
    const factors = await onHost(variables);
    const raw = await onHost(gradient);
    const adjust = gradientAdjuster(factors, scaling, delta);
    const equivalent = adjust(raw, { withX: false });
    const step = this.weightStep(pair, equivalent, gradientScale);
    const back = tf.tidy(() => ({
      a: tf.mul(matmul(variables.b, step, { transposeA: true }), scaling),
      b: tf.mul(matmul(step, variables.a, { transposeB: true }), scaling),
    }));
    const adjusted = adjust(await onHost(back), { withX: true });
    tf.dispose([step, back.a, back.b]);
    const decay = 1 - learningRate * this.options.weightDecay;
    for (const part of ['a', 'b'] as const)
      tf.tidy(() =>
        variables[part].assign(tf.sub(tf.mul(variables[part], decay), tf.mul(onDevice(adjusted[part]), learningRate))),
      );
  }

  /** Adam's step m̂ / (√v̂ + ε) for the weight, [out, in]; the caller disposes it. */
  private weightStep(pair: ScaledPair, { a, b }: Factors<Matrix>, gradientScale: number): tf.Tensor2D {
    const { beta1, beta2, epsilon } = this.options;
    const moments = this.momentsOf(pair);
    moments.step += 1;
    const [first, second] = [moments.first, moments.second];
    const [correction1, correction2] = [1 - beta1 ** moments.step, 1 - beta2 ** moments.step];
    return tf.tidy(() => {
      const [ownA, ownB] = [variableOf(this.variables, pair.a), variableOf(this.variables, pair.b)];
      const sum = tf.add(matmul(ownB, onDevice(a)), matmul(onDevice(b), ownA));
      const equivalent = tf.mul(sum, pair.scaling * gradientScale);
      first.assign(tf.add(tf.mul(first, beta1), tf.mul(equivalent, 1 - beta1)));
      second.assign(tf.add(tf.mul(second, beta2), tf.mul(tf.square(equivalent), 1 - beta2)));
      const root = tf.add(tf.mul(tf.sqrt(second), 1 / Math.sqrt(correction2)), epsilon);
      return tf.reshape<tf.Rank.R2>(tf.div(tf.mul(first, 1 / correction1), root), this.weightShape(pair));
    });
  }

  private momentsOf(pair: ScaledPair): Moments {
    const known = this.moments.get(pair.a);
    if (known) return known;
    const zeros = () => tf.tidy(() => tf.variable(tf.zeros(this.weightShape(pair)), false));
    const fresh = { step: 0, first: zeros(), second: zeros() };
    this.moments.set(pair.a, fresh);
    return fresh;
  }

  private weightShape({ a, b }: FactorPair): [number, number] {
    return [variableOf(this.variables, b).shape[0] ?? 0, variableOf(this.variables, a).shape[1] ?? 0];
  }
}

async function onHost({ a, b }: Factors<tf.Tensor>): Promise<Factors<HostTensor>> {
  return { a: await toHost(a), b: await toHost(b) };
}

function onDevice(matrix: Matrix): tf.Tensor2D {
  const { shape, data } = toFloat32(matrix);
  return tf.tensor2d(data, [shape[0] ?? 0, shape[1] ?? 0], 'float32');
}
