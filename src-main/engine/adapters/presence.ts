import type { LinearModule } from '../../../src-shared/domain/model.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameter.ts';
import type { AdapterPresence } from '../models/memory.ts';
import { elementCount } from '../tensors/host-tensor.ts';
import type { AdapterVariant, TensorPart } from './variant.ts';

/** What adapters on `modules` do to the memory of a training step. */
export function adapterPresence(
  variant: AdapterVariant,
  parameters: ParameterValues,
  modules: readonly LinearModule[],
): AdapterPresence {
  const ranks = new Map(modules.map((module) => [module.name, rankOf(variant, parameters, module)]));
  return {
    has: (module) => ranks.has(module),
    kept: (module, linear) => {
      const rank = ranks.get(module);
      return rank === undefined ? [] : variant.memory(linear, { rank, parameters });
    },
  };
}

/** Numbers of values of an adapter's tensors: of those that are trained, and of the others. */
export function adapterSizes(
  variant: AdapterVariant,
  parameters: ParameterValues,
  modules: readonly LinearModule[],
): { readonly trained: number[]; readonly fixed: number[] } {
  const parts = [
    ...(variant.shared?.parts(modules, parameters) ?? []),
    ...modules.flatMap((module) => variant.parts(module, { rank: rankOf(variant, parameters, module), parameters })),
  ];
  const sizes = (trainable: boolean) =>
    parts.filter((part: TensorPart) => part.trainable === trainable).map(({ shape }) => elementCount(shape));
  return { trained: sizes(true), fixed: sizes(false) };
}

function rankOf(variant: AdapterVariant, parameters: ParameterValues, module: LinearModule): number | null {
  return variant.strength(parameters, [module.name, ...module.aliases]).rank;
}
