import * as tf from '@tensorflow/tfjs-core';
import { type AdamWParameter, adamwStep } from '../ops/optimizer/adamw.ts';
import { AdamW } from './adamw.ts';

/**
 * AdamW as in earlier versions of Transformers, on which PEFT's LoRA-FA is built: θ ← θ − lr·√(1 − β₂ᵗ) / (1 − β₁ᵗ) · m /
 * (√v + ε), then θ ← θ·(1 − lr·wd). PyTorch adds ε to the corrected root, √v / √(1 − β₂ᵗ), and applies the decay first.
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
