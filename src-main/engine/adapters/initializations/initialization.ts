import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import type { Declaration, ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import type { RandomStream } from '../../../../src-shared/random.ts';
import { type MatrixLike, randomizedSvd, type Svd, truncatedSvd } from '../../linalg/index.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';

/** The two factors of LoRA: A [rank, in] and B [out, rank]. */
export interface Factors {
  readonly a: HostTensor;
  readonly b: HostTensor;
}

/** Statistics of the run's own training examples that an initialization needs before the first step. */
export type CalibrationNeed =
  /** Moments of the module's inputs; with `dividedByMaximum`, of each batch divided by its greatest entry. */
  | { readonly of: 'inputs'; readonly dividedByMaximum: boolean }
  /** The gradient of the loss by the module's weight. */
  | { readonly of: 'gradients' };

/** Sums over the rows x of a module's inputs, padding left out. */
export interface InputMoments {
  readonly rows: number;
  readonly batches: number;
  /** Σ x [in] */
  readonly sum: ArrayLike<number>;
  /** Σ xᵀ·x [in, in] */
  readonly gram: MatrixLike;
}

/** Statistics of one module, as requested by `calibration`. */
export interface CalibrationData {
  readonly moments?: InputMoments;
  /** [out, in]: of the mean loss over the calibration examples. */
  readonly gradient?: HostTensor;
}

/** Measures what data-driven initializations need, on the base without the adapter. */
export interface Calibration {
  /**
   * Each module with its data, a few at a time, so that memory holds the data of those alone.
   * @param saved modules saved whole, as the run starts with them: its new head.
   */
  measure(
    need: CalibrationNeed,
    modules: readonly LinearModule[],
    examples: number,
    saved: ReadonlyMap<string, HostTensor>,
  ): AsyncIterable<{ readonly module: LinearModule; readonly data: CalibrationData }>;
}

/** The module whose factors are to start, with the rank and the scaling that its settings give it. */
export interface StartingModule extends Pick<LinearModule, 'name' | 'inFeatures' | 'outFeatures'> {
  readonly rank: number;
  readonly scaling: number;
}

export interface StartSource {
  readonly parameters: ParameterValues;
  readonly random: RandomStream;
  /** The base's own weight [out, in]. */
  weight(): Promise<HostTensor>;
  readonly calibration: CalibrationData;
}

/** Fresh factors. `shares`: how much of the whole variance each row of A explains, for `redistribute`. */
export interface Start extends Factors {
  readonly shares?: Float64Array;
}

/** Factors with the resulting rank and scaling. */
export interface StartedModule {
  readonly rank: number;
  readonly scaling: number;
  readonly start: Start;
}

/**
 * One way in which LoRA's factors start (`init_lora_weights`), for every variant that is made of them. A further one is one file
 * and one line of the list.
 */
export interface Initialization {
  /** Its parameters become parameters of the variants; they need names that no other initialization has for something else. */
  readonly declaration: Declaration;
  readonly peft: {
    /** PEFT's `init_lora_weights`. */
    value(parameters: ParameterValues): boolean | string;
    /** The parameters that a value says beside those of `value({})`; null: the value is another's. */
    parameters?(value: string): ParameterValues | null;
    /**
     * True if PEFT, and so this project, recomputes the residual base from the base alone when it loads such an
     * adapter.
     */
    readonly isRebuilt?: boolean;
  };
  /**
   * True if the initial update is subtracted from the base, which then is W − s·B·A during training: the model's
   * outputs start unchanged.
   */
  readonly residual: boolean;
  readonly calibration?: CalibrationNeed;
  /** True if embeddings support this initialization too. */
  readonly embeddings?: boolean;
  /** @throws StudioError invalid_input where the module has no such start, naming it. */
  check?(module: StartingModule): void;
  /** Factors of a module that passed `check`. */
  start(module: StartingModule, source: StartSource): Start | Promise<Start>;
  /** Reassigns ranks once every module has its start; a module left out gets no adapter. */
  redistribute?(started: ReadonlyMap<string, StartedModule>, parameters: ParameterValues): Map<string, StartedModule>;
}

/** Up to this many rows or columns a decomposition is exact; above it takes minutes, and the randomized one seconds. */
export const exactSize = 1024;

/** The leading part of an SVD, exact where the matrix is small enough; else by four power iterations, as PEFT has it. */
export function leadingSvd(matrix: MatrixLike, rank: number, random: RandomStream): Svd {
  const [rows = 0, columns = 0] = matrix.shape;
  if (Math.min(rows, columns) <= exactSize) return truncatedSvd(matrix, rank);
  return randomizedSvd(matrix, { rank, oversampling: Math.max(10, rank) }, random);
}

/** @throws StudioError invalid_input where a module has fewer components than a start takes. */
export function requireComponents(
  label: string,
  { name, rank }: StartingModule,
  needed: number,
  available: number,
): void {
  if (needed <= available) return;
  throw new StudioError(
    'invalid_input',
    `init_lora_weights: ${label} takes ${needed} components at rank ${rank}, and ${name} has ${available}.`,
    `Lower r to at most ${Math.floor((available * rank) / needed)}, or start another way.`,
  ).at('adapter.init_lora_weights');
}

/** Returns the number of components of a weight. */
export function smallerSide({ inFeatures, outFeatures }: StartingModule): number {
  return Math.min(inFeatures, outFeatures);
}

export function requireMoments({ calibration }: StartSource): InputMoments {
  if (calibration.moments === undefined) throw new Error('the inputs were not measured');
  return calibration.moments;
}

/** Number of training examples that a data-driven start reads. */
export const calibrationExamples: Declaration['parameters'][number] = {
  name: 'calibration_examples',
  label: 'Calibration examples',
  type: 'integer',
  default: 256,
  minimum: 1,
  unit: 'examples',
  help: 'Number of training examples that run through the base before the first step. For init_lora_weights eva, corda and lora-ga.',
  advanced: true,
};
