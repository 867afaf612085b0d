import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { BiasVector, ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import type { BaseModel } from '../../models/base-model.ts';
import type { FrozenVector } from '../../ops/linear/frozen-vector.ts';
import { findLinear } from '../targets/target-modules.ts';

/**
 * A bias of the base by a name of today's or of older transformers, of a linear layer or another; null where there is none.
 */
export function findBiasVector(description: ModelDescription, name: string): BiasVector | null {
  const module = name.endsWith('.bias') ? findLinear(description, name.slice(0, -'.bias'.length)) : null;
  if (module?.hasBias)
    return {
      name: `${module.name}.bias`,
      aliases: [],
      checkpointKey: `${module.checkpointKey}.bias`,
      size: module.outFeatures,
    };
  return description.biases?.find((one) => one.name === name || one.aliases.includes(name)) ?? null;
}

/** @throws StudioError refused where the base has no such bias. */
export function requireBiasVector(description: ModelDescription, name: string): BiasVector {
  const found = findBiasVector(description, name);
  if (found) return found;
  throw new StudioError(
    'refused',
    `The adapter replaces the bias ${name}, which the base does not have.`,
    'Was the adapter made for another base model?',
  );
}

/** Returns the location of a bias in a loaded base. */
export function frozenBias(base: BaseModel, name: string): FrozenVector {
  const { checkpointKey } = requireBiasVector(base.description, name);
  const module = findLinear(base.description, name.slice(0, -'.bias'.length));
  const vector = module ? base.frozenWeight(module).biasVector : base.frozenVector?.(checkpointKey);
  if (!vector) throw new Error(`the base does not contain the bias ${name}`);
  return vector;
}
