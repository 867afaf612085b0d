import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { LinearModule } from '../../../src-shared/domain/models/model.ts';
import type { TensorSource } from '../tensors/safetensors.ts';

/** Collects the tensors that a family reads, each checked against the shape implied by its config. */
export class TensorChecks {
  private readonly weights: TensorSource;
  private readonly known = new Set<string>();

  constructor(weights: TensorSource) {
    this.weights = weights;
  }

  /** @throws StudioError invalid_file naming a tensor that is missing or has another shape. */
  expect(name: string, shape: readonly number[]): void {
    this.known.add(name);
    this.weights.plan?.(name, shape);
    const found = this.weights.info(name).shape;
    if (found.length === shape.length && found.every((value, axis) => value === shape[axis])) return;
    throw new StudioError(
      'invalid_file',
      `${this.weights.path}: tensor "${name}" has shape [${found.join(', ')}] where config.json asks for [${shape.join(', ')}].`,
      'config.json and the weights are of two different models.',
    );
  }

  /** The weight and, if present, the bias of a linear or an embedding. */
  expectModule({ checkpointKey, inFeatures, outFeatures, kind, fanInFanOut, hasBias }: LinearModule): void {
    const isTurned = kind === 'embedding' || fanInFanOut;
    this.expect(`${checkpointKey}.weight`, isTurned ? [inFeatures, outFeatures] : [outFeatures, inFeatures]);
    if (hasBias) this.expect(`${checkpointKey}.bias`, [outFeatures]);
  }

  /** The scale and, unless `hasShift` is false, the shift of a normalization. */
  expectNorm(name: string, width: number, hasShift = true): void {
    this.expect(`${name}.weight`, [width]);
    if (hasShift) this.expect(`${name}.bias`, [width]);
  }

  /**
   * Unused tensors within the layers mean that the model computes something that this family does not.
   * @throws StudioError refused naming one.
   */
  refuseUnknown(prefix: string, ignorable: RegExp): void {
    const unknown = this.weights.names.find(
      (name) => name.startsWith(prefix) && !this.known.has(name) && !ignorable.test(name),
    );
    if (unknown === undefined) return;
    throw new StudioError(
      'refused',
      `${this.weights.path}: tensor "${unknown}" is unknown to this model family, so its outputs would be wrong.`,
      'The studio does not support this variant of the model.',
    );
  }
}
