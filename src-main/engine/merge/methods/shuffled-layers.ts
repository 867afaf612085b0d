import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { type AdapterMergeMethod, anyAdapters, type Draws, type LowRankUpdate } from '../merge-method.ts';
import { keepModules } from './kept-modules.ts';
import { seedParameter } from './parameters.ts';

/**
 * A placebo: the updates of each kind of module (all q_proj, all fc1 …) change places among the layers, so that none
 * stays in its own. Its score shows how much of the adapter depends on the assignment to layers. Task heads stay.
 */
export const shuffledLayers: AdapterMergeMethod = {
  declaration: {
    id: 'shuffled-layers',
    label: 'Placebo: shuffled layers',
    summary: 'One adapter whose updates of each kind of module are moved to other layers, at random.',
    parameters: [seedParameter],
  },
  makes: 'adapter',
  needs: {
    ...anyAdapters,
    adapters: { minimum: 1, maximum: 1 },
    changesSingle: true,
  },
  async prepare(pass) {
    const kept = await keepModules(pass);
    const moved = new Map<string, LowRankUpdate>();
    const groups = Map.groupBy(kept, ({ name, layer, updates: [update] }) =>
      [kindOf(name, layer), update?.b.shape[0], update?.a.shape[1]].join('/'),
    );
    for (const [kind, members] of groups) {
      if (members.length < 2) continue;
      const order = derangement(members.length, pass.random(`order/${kind}`));
      for (const [at, { name }] of members.entries()) {
        const source = members[order[at] ?? at]?.updates[0];
        if (source) moved.set(name, source);
      }
    }
    if (moved.size === 0)
      throw new StudioError(
        'refused',
        'The adapter has no kind of module in two layers, so that there is nothing to shuffle.',
        'Choose random directions as the placebo.',
      );
    return ([own], [weight = 1], _parameters, { name }) => {
      const update = moved.get(name) ?? own;
      if (!update) throw new Error('a placebo is made of one adapter');
      return { ...update, scaling: update.scaling * weight };
    };
  },
};

/** The name without its layer's number. */
function kindOf(name: string, layer: number | null): string {
  return layer === null ? name : name.replace(new RegExp(`\\.${layer}\\.`), '.*.');
}

/** A permutation of 0 … n − 1 that leaves nothing in its place: a cycle through a random order. */
function derangement(count: number, draws: Draws): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.min(last, Math.floor(draws.uniform() * (last + 1)));
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
  const target = new Array<number>(count).fill(0);
  for (const [at, index] of order.entries()) target[index] = order[(at + 1) % count] ?? 0;
  return target;
}
