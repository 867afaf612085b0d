import * as tf from '@tensorflow/tfjs-core';
import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { dropoutMask } from '../../ops/linear/dropout-mask.ts';
import type { LinearOptions } from '../../ops/linear/linear-options.ts';
import { uniformNoise } from '../../ops/linear/uniform-noise.ts';
import type { AdapterVariant, ForwardOptions, UpdateDropout } from '../variant/variant.ts';
import type { UsesByLayer } from './adapter-groups.ts';
import { PassSeeds, UnevenDropout } from './pass-seeds.ts';

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
  /** α of NEFTune's noise on the embeddings of tokens; 0: none. */
  noiseAlpha = 0;
  /** Tokens of each text of the batch that is embedded, with its padding. */
  textLength = 1;
  private readonly inputTable: LinearModule | undefined;
  private training = false;
  private random: RandomStream | null = null;
  /** While a pass runs whose seeds were drawn before it. */
  private seeds: PassSeeds | null = null;
  private isUneven = false;

  /** @param inputTable the embedding of tokens, which the noise is added to */
  constructor(inputTable?: LinearModule) {
    this.inputTable = inputTable;
  }

  setTraining(training: boolean, random: RandomStream | null): void {
    this.training = training;
    this.random = training ? random : null;
  }

  get isTraining(): boolean {
    return this.training;
  }

  /** Draws the masks of one forward pass of a module for its input's shape and its rank, like `drawMasks`. */
  masks(
    { variant, parameters }: Host,
    module: LinearModule,
    [rows, inputs]: readonly [number, number],
    rank: number | null = null,
  ): ReturnType<typeof drawMasks> {
    if (!this.training) return { dropoutMask: null };
    const input = this.inputChance ?? inputDropoutOf(variant, parameters);
    const update = variant.updateDropout?.(parameters, module);
    const source = this.seeds ?? this.random;
    const sizes = { rows, inputs, outputs: module.outFeatures, rank };
    return drawMasks({ input, update }, sizes, source, module.name);
  }

  /**
   * Adds NEFTune's noise to rows of the embedding of tokens (Jain et al. 2023, arXiv 2310.05914, and Transformers'
   * `neftune_noise_alpha`): uniform in ±α / √(tokens · width). None outside training, or on another module.
   * @param scale as in `LinearRunner.embedding`
   */
  noisy(module: LinearModule, rows: tf.Tensor2D, scale: number): tf.Tensor2D {
    if (!this.training || this.noiseAlpha === 0 || module !== this.inputTable) return rows;
    if (this.random === null) throw new Error('noise needs a random stream in training');
    const bound = this.noiseAlpha / Math.sqrt(this.textLength * rows.shape[1]) / scale;
    return tf.add(rows, uniformNoise(rows.shape, bound, this.random.integer(2 ** 32)));
  }

  /** Returns true if entries of the adapters' inputs are currently zeroed. */
  dropsInputs({ variant, parameters }: Host): boolean {
    return this.training && (this.inputChance ?? inputDropoutOf(variant, parameters)) > 0;
  }

  /** Returns true if the seeds of a pass can be drawn before it, one for each of these modules that is on. */
  isEven({ variant, parameters }: Host, modules: readonly LinearModule[]): boolean {
    if (!this.training) return true;
    return !this.isUneven && !modules.some((module) => dropsUpdate(variant.updateDropout?.(parameters, module)));
  }

  /**
   * Runs a pass with seeds drawn before it, as `PassSeeds` has them; null where it needs others: the stream then is where it was.
   */
  withSeeds<Result>(uses: UsesByLayer, isByName: boolean, run: (seeds: PassSeeds) => Result): Result | null {
    if (this.random === null) throw new Error('dropout needs a random stream in training');
    const before = this.random.state();
    const seeds = new PassSeeds(this.random, uses, isByName);
    this.seeds = seeds;
    try {
      return run(seeds);
    } catch (thrown) {
      if (!(thrown instanceof UnevenDropout)) throw thrown;
      this.isUneven = true;
      this.random.rewind(before);
      return null;
    } finally {
      this.seeds = null;
      seeds.tensor.dispose();
    }
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

function dropsUpdate(update: UpdateDropout | undefined): update is UpdateDropout {
  return update !== undefined && (update.outputs > 0 || update.module > 0 || (update.ranks ?? 0) > 0);
}

/**
 * The masks of one forward pass of a module, in the order input, module, parts of the update; null: its update is dropped as a whole.
 * `random` is null outside training.
 */
function drawMasks(
  { input, update }: { readonly input: number; readonly update: UpdateDropout | undefined },
  {
    rows,
    inputs,
    outputs,
    rank,
  }: Readonly<Record<'rows' | 'inputs' | 'outputs', number>> & { readonly rank: number | null },
  source: RandomStream | PassSeeds | null,
  name: string,
): Omit<ForwardOptions, keyof LinearOptions> | null {
  const isTraining = true;
  if (input === 0 && !dropsUpdate(update)) return { isTraining };
  if (source === null) throw new Error('dropout needs a random stream in training');
  const inputMask = input === 0 ? null : inputMaskOf([rows, inputs], input, source, name);
  if (!dropsUpdate(update)) return { isTraining, dropoutMask: inputMask };
  if (source instanceof PassSeeds) throw new Error('dropout of updates has no seeds');
  if (update.module && source.uniform() < update.module) return null;
  return {
    isTraining,
    dropoutMask: inputMask,
    outputMask: update.outputs ? outputMask(update.count ?? outputs, update, source) : null,
    rankMask: update.ranks && rank !== null ? inputMaskOf([rows, rank], update.ranks, source, name) : null,
  };
}

/** One draw seeds the whole mask, so that the stream's state says what comes next and a mask costs one number of it. */
export function inputMaskOf(
  shape: [number, number],
  probability: number,
  source: RandomStream | PassSeeds,
  name: string,
): tf.Tensor2D {
  if (source instanceof PassSeeds) return dropoutMask(shape, probability, source.next(name));
  const seeds = tf.tensor1d(Int32Array.of(source.integer(2 ** 32)), 'int32');
  try {
    return dropoutMask(shape, probability, { seeds, place: 0 });
  } finally {
    seeds.dispose();
  }
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
