import * as tf from '@tensorflow/tfjs-core';
import { type AdamWParameter, adamwStep } from '../../ops/optimizer/adamw.ts';
import { AdamW } from './adamw.ts';

/**
 * AdamW as Transformers once had it, on which PEFT's LoRA-FA is built: θ ← θ − lr·√(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε), then
 * θ ← θ·(1 − lr·wd). PyTorch's ε stands beside the corrected root, √v / √(1 − β₂ᵗ), and its decay comes first.
 */
export class TransformersAdamW extends AdamW {
  protected override update(parameters: readonly AdamWParameter[], learningRate: number, gradientScale: number): void {
    const { weightDecay, ...options } = this.options;
    const byStep = Map.groupBy(parameters, ({ step }) => step);
    for (const [step, together] of byStep) {
      const epsilon = options.epsilon / Math.sqrt(1 - options.beta2 ** step);
      adamwStep(together, { ...options, epsilon, weightDecay: 0, learningRate, gradientScale });
    }
    if (weightDecay === 0) return;
    for (const { parameter } of parameters)
      tf.tidy(() => parameter.assign(tf.mul(parameter, 1 - learningRate * weightDecay)));
  }
}
