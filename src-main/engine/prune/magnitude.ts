import type { PruneDeclaration } from '../../../src-shared/domain/prune.ts';
import type { ModuleState } from '../adapters/state.ts';
import { checkedParameters } from '../checked-parameters.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';
import { countEntries, isFactor, type PruneMethod, requireFactors } from './prune-method.ts';

const declaration: PruneDeclaration = {
  id: 'magnitude',
  label: 'Magnitude',
  summary: 'Sets the smallest entries of the factors A and B to zero.',
  parameters: [
    {
      name: 'sparsity',
      label: 'Sparsity',
      type: 'number',
      default: 0.5,
      minimum: 0,
      maximum: 1,
      step: 0.05,
      help: 'Share of entries that become zero.',
    },
    {
      name: 'scope',
      label: 'Compared within',
      type: 'choice',
      default: 'tensor',
      choices: [
        { value: 'tensor', label: 'Each factor by itself' },
        { value: 'global', label: 'All factors together' },
      ],
      help: 'Whether every A and every B loses the same share, or the smallest entries of the whole adapter are removed.',
    },
  ],
  patterns: [],
  grid: {
    parameter: 'sparsity',
    values: [0.25, 0.5, 0.75, 0.9],
    label: '{value} zeroed',
    percent: true,
    axis: 'factor entries set to zero',
    unchanged: 0,
  },
};

/**
 * Zeroes exactly ⌊sparsity · n⌋ of n entries, those of the smallest absolute value; ties are broken by order
 * (modules from the input up, A before B, row by row). The task head, DoRA's magnitudes and biases are not pruned.
 */
export const magnitude: PruneMethod = {
  declaration,
  prune(state, _description, given) {
    const { sparsity, scope } = checkedParameters(declaration, given);
    requireFactors(state, declaration.label);
    const modules = new Map<string, ModuleState>();
    const tensors: Float32Array[] = [];
    for (const [name, module] of state.modules) {
      const copies = new Map<string, HostTensor>();
      for (const [part, tensor] of module.tensors) {
        if (!isFactor(part)) {
          copies.set(part, tensor);
          continue;
        }
        const data = copy(tensor);
        tensors.push(data);
        copies.set(part, { shape: tensor.shape, data });
      }
      modules.set(name, { ...module, tensors: copies });
    }
    const groups = scope === 'global' ? [tensors] : tensors.map((tensor) => [tensor]);
    const zeroed = groups.reduce((count, group) => count + zeroSmallest(group, Number(sparsity)), 0);
    const total = countEntries(state.modules);
    return { state: { ...state, modules }, kept: total - zeroed, total };
  },
};

function copy(tensor: HostTensor): Float32Array {
  return Float32Array.from(tensor.data);
}

/** Zeroes the smallest of all entries of `tensors` in place and returns their number. */
function zeroSmallest(tensors: readonly Float32Array[], sparsity: number): number {
  const n = tensors.reduce((count, tensor) => count + tensor.length, 0);
  // 0.29 · 100 is 28.999…96 in binary: without the correction one entry too few would be removed.
  const count = Math.min(n, Math.floor(sparsity * n + 1e-9));
  if (count === 0) return 0;
  const sorted = new Float32Array(n);
  let offset = 0;
  for (const tensor of tensors) {
    for (let at = 0; at < tensor.length; at++) sorted[offset + at] = Math.abs(tensor[at] ?? 0);
    offset += tensor.length;
  }
  sorted.sort();
  const threshold = sorted[count - 1] ?? 0;
  let below = 0;
  while ((sorted[below] ?? Number.POSITIVE_INFINITY) < threshold) below++;
  let ties = count - below;
  for (const tensor of tensors)
    for (let at = 0; at < tensor.length; at++) {
      const size = Math.abs(tensor[at] ?? 0);
      if (size > threshold || (size === threshold && ties-- <= 0)) continue;
      tensor[at] = 0;
    }
  return count;
}
