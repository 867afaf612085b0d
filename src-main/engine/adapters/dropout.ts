import * as tf from '@tensorflow/tfjs-core';
import type { LinearModule } from '../../../src-shared/domain/model.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameter.ts';
import { numberOf } from '../../../src-shared/domain/parameter-values.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import type { AdapterVariant, ForwardOptions, UpdateDropout } from './variant.ts';

/** Chance that an entry of the adapter's input is zeroed in training. */
export function inputDropoutOf({ inputDropout }: AdapterVariant, parameters: ParameterValues): number {
  return inputDropout === null ? 0 : numberOf(parameters, inputDropout);
}

/** An adapter's variant and its settings. */
type Host = { readonly variant: AdapterVariant; readonly parameters: ParameterValues };

/** The dropout of a model's adapter: in training alone, all of it drawn from one stream. */
export class AdapterDropout {
  /** Chance on the adapters' inputs in place of the variant's own; null: the variant's. */
  inputChance: number | null = null;
  private training = false;
  private random: RandomStream | null = null;

  setTraining(training: boolean, random: RandomStream | null): void {
    this.training = training;
    this.random = training ? random : null;
  }

  get isTraining(): boolean {
    return this.training;
  }

  /** Those of one forward pass of a module for its input's shape, as `drawMasks`. */
  masks(
    { variant, parameters }: Host,
    module: LinearModule,
    [rows, inputs]: readonly [number, number],
  ): ReturnType<typeof drawMasks> {
    if (!this.training) return { dropoutMask: null };
    const input = this.inputChance ?? inputDropoutOf(variant, parameters);
    const update = variant.updateDropout?.(parameters, module);
    return drawMasks({ input, update }, [rows, inputs, module.outFeatures], this.random);
  }

  /** Whether entries of the adapters' inputs are zeroed now. */
  dropsInputs({ variant, parameters }: Host): boolean {
    return this.training && (this.inputChance ?? inputDropoutOf(variant, parameters)) > 0;
  }

  /** Whether `masks` draws anything for one of these modules. */
  draws(host: Host, modules: readonly LinearModule[]): boolean {
    const { variant, parameters } = host;
    const dropsUpdate = (module: LinearModule) => variant.updateDropout?.(parameters, module) !== undefined;
    return this.dropsInputs(host) || (this.training && modules.some(dropsUpdate));
  }

  /** The stream's position; null without one. */
  state(): readonly number[] | null {
    return this.random?.state() ?? null;
  }

  /** Draws the masks again that were drawn from `state` on; null: there is no dropout. */
  rewind(state: readonly number[] | null): void {
    if (state !== null) this.random?.rewind(state);
  }

  /** Runs with the masks that were drawn from `state` on; the stream itself stays where it is. */
  replay<Result>(state: readonly number[] | null, run: () => Result): Result {
    const current = this.random;
    this.random = state === null ? null : RandomStream.restored(state);
    try {
      return run();
    } finally {
      this.random = current;
    }
  }
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
