import * as tf from '@tensorflow/tfjs-core';
import type { LinearModule } from '../../../src-shared/domain/model.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameter.ts';
import { numberOf } from '../../../src-shared/domain/parameter-values.ts';
import type { RandomStream } from '../../../src-shared/random.ts';
import type { AdapterVariant, ForwardOptions, UpdateDropout } from './variant.ts';

/** Chance that an entry of the adapter's input is zeroed in training. */
export function inputDropoutOf({ inputDropout }: AdapterVariant, parameters: ParameterValues): number {
  return inputDropout === null ? 0 : numberOf(parameters, inputDropout);
}

type Host = { readonly variant: AdapterVariant; readonly parameters: ParameterValues };

/** Those of a module of an adapter in training; `input` replaces the variant's own chance. As `drawMasks`. */
export function masksOf(
  { variant, parameters }: Host,
  module: LinearModule,
  input: number | null,
  [rows, inputs]: readonly [number, number],
  random: RandomStream | null,
): ReturnType<typeof drawMasks> {
  const chance = input ?? inputDropoutOf(variant, parameters);
  const update = variant.updateDropout?.(parameters, module);
  return drawMasks({ input: chance, update }, [rows, inputs, module.outFeatures], random);
}

/** Whether `masksOf` draws anything for one of these modules. */
export function drawsMasks(
  { variant, parameters }: Host,
  modules: readonly LinearModule[],
  input: number | null,
): boolean {
  return (
    (input ?? inputDropoutOf(variant, parameters)) > 0 ||
    modules.some((module) => variant.updateDropout?.(parameters, module) !== undefined)
  );
}

/**
 * The masks of one forward pass of a module, in the order input, module, parts of the update; null: its update is dropped as a whole.
 * `random` is null outside training.
 */
function drawMasks(
  { input, update }: { readonly input: number; readonly update: UpdateDropout | undefined },
  [rows, inputs, outputs]: readonly [number, number, number],
  random: RandomStream | null,
): Pick<ForwardOptions, 'dropoutMask' | 'outputMask'> | null {
  if (input === 0 && !update?.outputs && !update?.module) return {};
  if (random === null) throw new Error('dropout needs a random stream in training');
  const inputMask = input === 0 ? null : dropoutMask([rows, inputs], input, random);
  if (update?.module && random.uniform() < update.module) return null;
  return {
    dropoutMask: inputMask,
    outputMask: update?.outputs ? outputMask(update.count ?? outputs, update, random) : null,
  };
}

/**
 * A mask of inverted dropout: 0 with `probability`, else 1 / (1 − probability). One draw of `random` seeds the whole mask
 * (a counter hashed by the finalizer of MurmurHash3, 32 bits an entry), so the stream's state says what comes next and a mask
 * of a million entries costs milliseconds.
 */
export function dropoutMask(shape: [number, number], probability: number, random: RandomStream): tf.Tensor2D {
  const seed = random.integer(2 ** 32);
  const threshold = probability * 2 ** 32;
  const kept = 1 / (1 - probability);
  const values = new Float32Array(shape[0] * shape[1]);
  for (let index = 0; index < values.length; index++)
    if (hash(Math.imul(index, 0x9e3779b9) ^ seed) >= threshold) values[index] = kept;
  return tf.tensor2d(values, shape);
}

/** 0 with the chance `outputs`, else 1, or the inverse of the share that is left. */
function outputMask(
  size: number,
  { outputs, rescaled }: { readonly outputs: number; readonly rescaled: boolean },
  random: RandomStream,
): tf.Tensor1D {
  const values = Float32Array.from({ length: size }, () => (random.uniform() < outputs ? 0 : 1));
  const left = values.reduce((sum, value) => sum + value, 0);
  return tf.tensor1d(rescaled && left > 0 ? values.map((value) => (value * size) / left) : values);
}

/** Uniform in [0, 2³²). */
function hash(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
