import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import type { AdapterMemory } from '../../models/memory.ts';
import { elementCount } from '../../tensors/host-tensor.ts';
import { inputDropoutOf } from '../passes/dropout.ts';
import { patternNames } from '../targets/target-modules.ts';
import type { AdapterVariant, TensorPart } from '../variant/variant.ts';

/**
 * Returns the effect of adapters on `modules` on the memory of a training step.
 * @param isSwitched whether there are steps in which some are off, as with CoTo.
 */
export function adapterMemory(
  variant: AdapterVariant,
  parameters: ParameterValues,
  modules: readonly LinearModule[],
  isSwitched = false,
): AdapterMemory {
  const ranks = new Map(modules.map((module) => [module.name, rankOf(variant, parameters, module)]));
  return {
    has: (module) => ranks.has(module),
    replaces: (module) => !isSwitched && ranks.has(module) && (variant.weights?.replacesWeight?.(parameters) ?? false),
    materializedWeights: variant.weights?.materializedWeights ?? 0,
    kept: (module, linear) => {
      const rank = ranks.get(module);
      if (rank === undefined) return [];
      const mask = inputDropoutOf(variant, parameters) > 0 ? [linear.rows * linear.inputs] : [];
      return [...variant.memory(linear, { rank, parameters }), ...mask];
    },
  };
}

/** Numbers of values of an adapter's tensors. */
export interface AdapterSizes {
  readonly trained: number[];
  /** Sizes of fixed tensors, and of residual weights below adapters. */
  readonly fixed: number[];
  /** Sizes of the tensors that training keeps from step to step. */
  readonly optimizer: number[];
}

/**
 * @param moments how many tensors of its shape the run's optimizer keeps of a trained one.
 * @param onEncoded whether the base's weights stay encoded in memory.
 */
export function adapterSizes(
  variant: AdapterVariant,
  parameters: ParameterValues,
  modules: readonly LinearModule[],
  moments: number,
  onEncoded = false,
): AdapterSizes {
  const sizes = (parts: readonly TensorPart[], trainable: boolean) =>
    parts.filter((part) => part.trainable === trainable).map(({ shape }) => elementCount(shape));
  const keptOf = (parts: readonly TensorPart[]) => Array.from({ length: moments }, () => sizes(parts, true)).flat();
  const shared = variant.shared?.parts(modules, parameters) ?? [];
  const all = [...shared];
  const optimizer = keptOf(shared);
  for (const module of modules) {
    const settings = { rank: rankOf(variant, parameters, module), parameters };
    const parts = variant.parts(module, settings);
    all.push(...parts);
    optimizer.push(...(variant.training?.memory?.(module, settings) ?? keptOf(parts)));
  }
  const residual = variant.residual?.initialization(parameters).residual
    ? modules.flatMap((module) => residualSizes(variant, module, rankOf(variant, parameters, module) ?? 0, onEncoded))
    : [];
  return { trained: sizes(all, true), fixed: [...sizes(all, false), ...residual], optimizer };
}

/**
 * Returns the sizes that `ResidualBase` keeps: a whole weight, or the factors subtracted from the product with an
 * encoded one.
 */
function residualSizes(
  { residual }: AdapterVariant,
  { inFeatures, outFeatures, kind }: LinearModule,
  rank: number,
  onEncoded: boolean,
): number[] {
  const takesOff = onEncoded && residual?.isAdditive === true && kind === 'linear';
  return takesOff ? [rank * inFeatures, rank * outFeatures] : [inFeatures * outFeatures];
}

function rankOf(variant: AdapterVariant, parameters: ParameterValues, module: LinearModule): number | null {
  return variant.strength(parameters, patternNames(module)).rank;
}
