import type { PruneDeclaration } from '../../../src-shared/domain/adapters/prune.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { LargestMagnitudes } from '../tensors/largest-magnitudes.ts';
import { pruneDelta } from './delta-pruning.ts';
import { pruneEntries } from './entry-pruning.ts';
import { keptCount, sparsityParameter } from './parameters.ts';
import { layerOf, type PruneMethod, requireFactors, requireProduct } from './prune-method.ts';

const declaration: PruneDeclaration = {
  id: 'magnitude',
  label: 'Magnitude',
  summary: 'Sets the smallest entries of the factors A and B, or of ΔW, to zero.',
  parameters: [
    sparsityParameter,
    {
      name: 'scope',
      label: 'Compared within',
      type: 'choice',
      default: 'tensor',
      choices: [
        { value: 'tensor', label: 'Each tensor by itself' },
        { value: 'layer', label: 'Each layer' },
        { value: 'global', label: 'All tensors together' },
      ],
      help: 'Whether every A, B or ΔW loses the same share, or the smallest entries of a layer or of the whole adapter are removed. A and B have different scales, which a comparison over both does not even out.',
    },
    {
      name: 'on',
      label: 'Entries of',
      type: 'choice',
      default: 'factors',
      choices: [
        { value: 'factors', label: 'The factors A and B' },
        { value: 'delta', label: 'ΔW, cut back to the rank' },
      ],
      help: 'A pruned ΔW is not of low rank any more: it is stored as its best approximation of the rank, which has no zeros. The share of the energy that is kept is reported.',
      advanced: true,
    },
    {
      name: 'rank',
      label: 'Rank of ΔW',
      type: 'integer',
      default: null,
      nullable: true,
      empty: "each module's own",
      minimum: 1,
      maximum: 4096,
      help: 'Rank to which a pruned ΔW is cut. Only used if entries of ΔW are zeroed.',
      advanced: true,
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
 * Keeps exactly ⌊(1 − sparsity) · n⌋ of n entries, those of largest absolute value; of equal ones the earlier stay (modules from
 * the input up, A before B, row by row). The task head, DoRA's magnitudes and biases are not pruned.
 */
export const magnitude: PruneMethod = {
  declaration,
  check(adapter, _description, given) {
    if (checkedParameters(declaration, given)['on'] === 'delta') requireProduct(adapter, `${declaration.label} on ΔW`);
    else requireFactors(adapter, declaration.label);
  },
  prune(state, description, given) {
    const parameters = checkedParameters(declaration, given);
    const { sparsity, scope, on, rank } = parameters;
    const layers = layerOf(description);
    const groupOf = (name: string, part: string) => {
      if (scope === 'global') return '';
      return scope === 'layer' ? String(layers.get(name) ?? name) : `${name} ${part}`;
    };
    if (on === 'delta')
      return pruneDelta(state, {
        method: declaration.label,
        sparsity,
        rank,
        groupOf: (name) => groupOf(name, 'delta'),
      });
    return pruneEntries(state, declaration.label, (factors) => {
      const groups = Map.groupBy(factors, ({ name, part }) => groupOf(name, part));
      let kept = 0;
      for (const group of groups.values()) {
        const count = keptCount(
          sparsity,
          group.reduce((sum, { values }) => sum + values.length, 0),
        );
        const largest = new LargestMagnitudes(count);
        for (const { values } of group) largest.countHigh(values);
        for (const { values } of group) largest.countLow(values);
        for (const { values } of group) largest.zeroOthers(values);
        kept += count;
      }
      return kept;
    });
  },
};
