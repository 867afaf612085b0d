import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ModelDescription } from '../../../src-shared/domain/model.ts';
import { findLinear } from '../adapters/target-modules.ts';
import { type ModelWeights, openModelWeights } from '../models/huggingface/model-weights.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';
import { transposed } from '../tensors/transpose.ts';

/** Weights of a base, read on demand. */
export class BaseWeights {
  private readonly base: { readonly description: ModelDescription; readonly directory: string };
  private opened: Promise<ModelWeights> | null = null;

  constructor(base: { readonly description: ModelDescription; readonly directory: string }) {
    this.base = base;
  }

  /** The weight [outFeatures, inFeatures] of a module, of an embedding as well. */
  async read(name: string): Promise<HostTensor> {
    const module = findLinear(this.base.description, name);
    if (!module) throw new StudioError('refused', `The base has no linear layer ${name}, which an adapter targets.`);
    this.opened ??= openModelWeights(this.base.directory);
    const stored = await (await this.opened).read(`${module.checkpointKey}.weight`);
    return module.fanInFanOut || module.kind === 'embedding' ? transposed(stored) : stored;
  }

  async close(): Promise<void> {
    await (await this.opened)?.close();
  }
}
