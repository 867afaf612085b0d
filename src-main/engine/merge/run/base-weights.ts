import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { findLinear } from '../../adapters/targets/target-modules.ts';
import { type ModelWeights, openModelWeights } from '../../models/huggingface/model-weights.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { transposed } from '../../tensors/transpose.ts';

/** Weights of a base, read on demand. */
export class BaseWeights {
  private readonly base: { readonly description: ModelDescription; readonly directory: string | null };
  private opened: Promise<ModelWeights> | null = null;

  constructor(base: { readonly description: ModelDescription; readonly directory: string | null }) {
    this.base = base;
  }

  /** The weight [outFeatures, inFeatures] of a module, of an embedding as well. */
  async read(name: string): Promise<HostTensor> {
    const module = findLinear(this.base.description, name);
    if (!module) throw new StudioError('refused', `The base has no linear layer ${name}, which an adapter targets.`);
    const { directory } = this.base;
    if (directory === null)
      throw new StudioError(
        'refused',
        "The method reads the base's weights, and the base of these adapters is not in the studio.",
        'Add the base model, or choose a method that works on the adapters alone.',
      );
    this.opened ??= openModelWeights(directory);
    const stored = await (await this.opened).read(`${module.checkpointKey}.weight`);
    return module.fanInFanOut || module.kind === 'embedding' ? transposed(stored) : stored;
  }

  async close(): Promise<void> {
    await (await this.opened)?.close();
  }
}
