import type { PruneDeclaration } from '../../../src-shared/domain/adapters/prune.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { pruneEntries } from './entry-pruning.ts';
import { keptCount, seedParameter, sparsityParameter } from './parameters.ts';
import { type PruneMethod, requireFactors } from './prune-method.ts';

const declaration: PruneDeclaration = {
  id: 'random',
  label: 'Random entries',
  summary: 'Sets random entries of the factors A and B to zero: what magnitude pruning has to beat.',
  parameters: [sparsityParameter, seedParameter('Draws the entries. Repeat with several seeds and compare the mean.')],
  patterns: [],
  grid: {
    parameter: 'sparsity',
    values: [],
    label: '{value} zeroed at random',
    percent: true,
    axis: 'random factor entries set to zero',
    unchanged: 0,
  },
};

/** Keeps exactly ⌊(1 − sparsity) · n⌋ random entries of each factor, all such sets alike; kept entries are not rescaled. */
export const random: PruneMethod = {
  declaration,
  check: (adapter) => requireFactors(adapter, declaration.label),
  prune(state, _description, given) {
    const { sparsity, seed } = checkedParameters(declaration, given);
    return pruneEntries(state, declaration.label, (factors) => {
      let kept = 0;
      for (const { name, part, values } of factors) {
        const stream = RandomStream.named(Number(seed), 'merge', `prune/${name}/${part}`);
        // Selection sampling (Knuth, volume 2, algorithm S).
        let wanted = keptCount(sparsity, values.length);
        kept += wanted;
        for (let at = 0; at < values.length; at++) {
          if ((values.length - at) * stream.uniform() < wanted) wanted--;
          else values[at] = 0;
        }
      }
      return kept;
    });
  },
};
