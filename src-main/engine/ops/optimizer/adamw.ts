import * as tf from '@tensorflow/tfjs-core';
import { runInPlace } from '../../compute/tfjs-internals.ts';

/** One parameter in a step of AdamW: its gradient, its moments (all of one shape) and how many steps it has taken. */
export interface AdamWParameter {
  readonly parameter: tf.Variable;
  readonly gradient: tf.Tensor;
  readonly first: tf.Variable;
  readonly second: tf.Variable;
  /** Counted from 1, this step included. */
  readonly step: number;
}

export interface AdamWSettings {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Multiplies every gradient first. */
  readonly gradientScale: number;
}

const kernelName = 'CotoAdamW';
const arrangeName = 'CotoArrangeParameters';

/**
 * AdamW with PyTorch's semantics (`torch.optim.AdamW`, Loshchilov and Hutter 2019) over all parameters, in place: decoupled
 * decay θ ← θ·(1 − lr·wd), then θ ← θ − lr/(1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε). A single call if the backend has a
 * kernel.
 */
export function adamwStep(parameters: readonly AdamWParameter[], settings: AdamWSettings): void {
  if (parameters.length === 0) return;
  if (tf.getKernel(kernelName, tf.getBackend())) inPlace(parameters, settings);
  else for (const parameter of parameters) composed(parameter, settings);
}

/** Lets a backend put parameters beside each other, whose steps will be asked for together. */
export function arrangeParameters(parameters: readonly tf.Variable[]): void {
  runInPlace(arrangeName, Object.fromEntries(parameters.entries()), { count: parameters.length });
}

function inPlace(parameters: readonly AdamWParameter[], settings: AdamWSettings): void {
  // By number, four tensors and two corrections a parameter: names would have to be made for hundreds of them a step.
  const inputs: Record<string, tf.Tensor> = {};
  const attributes: Record<string, number> = { count: parameters.length, ...settings };
  parameters.forEach(({ parameter, gradient, first, second, step }, index) => {
    unshare(parameter);
    unshare(first);
    unshare(second);
    inputs[4 * index] = parameter;
    inputs[4 * index + 1] = gradient;
    inputs[4 * index + 2] = first;
    inputs[4 * index + 3] = second;
    attributes[2 * index] = 1 - settings.beta1 ** step;
    attributes[2 * index + 1] = 1 - settings.beta2 ** step;
  });
  tf.tidy(() => {
    runInPlace(kernelName, inputs, attributes);
  });
}

/** A variable that was assigned or cloned shares its storage, which the kernel must not write to. */
function unshare(variable: tf.Variable): void {
  if (tf.backend().refCount(variable.dataId) <= 1) return;
  const copy = tf.mul(variable, 1);
  variable.assign(copy);
  copy.dispose();
}

function composed({ parameter, gradient, first, second, step }: AdamWParameter, settings: AdamWSettings): void {
  const { learningRate, beta1, beta2, epsilon, weightDecay, gradientScale } = settings;
  const correction1 = 1 - beta1 ** step;
  const correction2 = 1 - beta2 ** step;
  tf.tidy(() => {
    const scaled = gradientScale === 1 ? gradient : tf.mul(gradient, gradientScale);
    first.assign(tf.add(tf.mul(first, beta1), tf.mul(scaled, 1 - beta1)));
    second.assign(tf.add(tf.mul(second, beta2), tf.mul(tf.mul(scaled, scaled), 1 - beta2)));
    const denominator = tf.add(tf.mul(tf.sqrt(second), 1 / Math.sqrt(correction2)), epsilon);
    const update = tf.mul(tf.div(first, denominator), learningRate / correction1);
    const decayed = weightDecay === 0 ? parameter : tf.mul(parameter, 1 - learningRate * weightDecay);
    parameter.assign(tf.sub(decayed, update));
  });
}
