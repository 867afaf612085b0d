import { createHash } from 'node:crypto';
import type { ForgettingMeasureId } from '../../../../src-shared/domain/evaluation/forgetting.ts';
import type { AdaptedModel } from '../../adapters/model/adapted-model.ts';
import type { BaseModel } from '../../models/base-model.ts';

/** Material of a measure: a base and the folder of the bundled neutral inputs. */
export interface MeasureMaterial {
  readonly base: BaseModel;
  readonly modelDirectory: string;
  /** assets/neutral */
  readonly neutral: string;
}

export interface MeasureOptions {
  /** Called between batches with the number of finished inputs; may throw to stop. */
  onProgress(done: number, total: number): Promise<void>;
}

/** A measure of forgetting on one base, with its neutral inputs read. */
export interface OpenMeasure {
  readonly id: ForgettingMeasureId;
  /** Tokens, images or sentences that the value is a mean over. */
  readonly count: number;
  /** Hash of the inputs as the model reads them. */
  readonly inputsHash: string;
  /**
   * Outputs of the model on the neutral inputs, with the base's own head. Everything that a value is computed from.
   * @throws StudioError not_finite, and what `onProgress` throws
   */
  outputs(model: AdaptedModel, options: MeasureOptions): Promise<Float32Array>;
  /** Value of a model's outputs; measures against the base need the base's. */
  value(outputs: Float32Array, ofBase: Float32Array): number;
  /** Accuracy in [0, 1] in the same outputs; absent where the inputs have no classes. */
  accuracy?(outputs: Float32Array): number;
  dispose(): void;
}

/** Opens a measure on a base; null where the base cannot be measured like this. */
export type OpenForgettingMeasure = (material: MeasureMaterial) => Promise<OpenMeasure | null>;

export function hashOf(...values: readonly (Int32Array | Uint8Array | Float32Array)[]): string {
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of values) hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest('hex');
}

/** The values in order, `atOnce` at a time. */
export function inBatches<Value>(values: readonly Value[], atOnce: number): Value[][] {
  return Array.from({ length: Math.ceil(values.length / atOnce) }, (_, batch) =>
    values.slice(batch * atOnce, (batch + 1) * atOnce),
  );
}

/** Mean in double precision. */
export function meanOf(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
