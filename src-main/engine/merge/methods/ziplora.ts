import type { MergeCandidate } from '../merge-data.ts';
import { type AdapterMergeMethod, type AdapterUpdate, anyAdapters, type LowRankUpdate } from '../merge-method.ts';
import { Adam } from './adam.ts';
import { byName, keepModules, sideBySide } from './kept-modules.ts';

/**
 * ZipLoRA: ΔW = Σ mᵢ ⊙ ΔWᵢ with one coefficient for each input column and adapter, trained so that the merge does on the
 * examples of an adapter what the adapter does, and columns do not overlap. Shah et al. 2024, section 3.2; the overlap is
 * the mean of |m₁ ⊙ m₂|, as in the public implementation (mkshing/ziplora-pytorch), without weight decay and clipping.
 */
export const zipLora: AdapterMergeMethod = {
  declaration: {
    id: 'ziplora',
    label: 'ZipLoRA',
    summary:
      'Trains a coefficient for every input column of every adapter, so that the merge keeps what each one does on its own examples.',
    paper: {
      title: 'ZipLoRA: Any Subject in Any Style by Effectively Merging LoRAs',
      url: 'https://arxiv.org/abs/2311.13600',
    },
    parameters: [
      {
        name: 'similarity_lambda',
        label: 'Weight of the overlap',
        type: 'number',
        default: 0.01,
        minimum: 0,
        step: 0.01,
        help: 'Multiplies the mean of |m₁ ⊙ m₂| of every module and pair of adapters.',
      },
      {
        name: 'learning_rate',
        label: 'Learning rate',
        type: 'number',
        default: 0.01,
        above: 0,
        step: 0.01,
        help: 'Of Adam on the coefficients, which start at 1.',
      },
      {
        name: 'max_train_steps',
        label: 'Steps',
        type: 'integer',
        default: 100,
        minimum: 1,
        maximum: 100000,
        step: 50,
        help: 'Each step takes one batch of the tuning examples of every adapter.',
      },
    ],
  },
  makes: 'adapter',
  needs: {
    ...anyAdapters,
    data: 'loss',
    adapters: { minimum: 2 },
  },
  async prepare(pass) {
    const { parameters, data, adapters } = pass;
    const kept = await keepModules(pass);
    const known = byName(kept);
    const lambda = Number(parameters['similarity_lambda']);
    const steps = Number(parameters['max_train_steps']);
    const columns = kept.map(({ name, updates, weights }) => ({
      name,
      updates,
      // A given weight is where its coefficients start.
      mergers: updates.map(({ a }, index) => new Float64Array(a.shape[1] ?? 0).fill(weights[index] ?? 1)),
    }));
    const optimizers = columns.map(({ mergers }) =>
      mergers.map((values) => new Adam(values.length, Number(parameters['learning_rate']))),
    );
    let last = Number.NaN;
    for (let step = 0; step < steps; step++) {
      const candidate: MergeCandidate = new Map(
        columns.map(({ name, updates, mergers }) => [name, scaledColumns(updates, mergers)]),
      );
      const gradients = columns.map(({ mergers }) => mergers.map((values) => new Float64Array(values.length)));
      let total = 0;
      for (const adapter of adapters) {
        const request = { objective: 'outputs', adapter, batch: step, gradients: true } as const;
        const { loss, gradients: found } = await data.loss(candidate, request);
        total += loss;
        for (const [index, { name, updates }] of columns.entries())
          addColumnGradients(gradients[index] ?? [], updates, found?.get(name)?.a.data ?? []);
      }
      for (const [index, { mergers }] of columns.entries()) {
        const own = gradients[index] ?? [];
        total += addOverlap(own, mergers, lambda);
        for (const [place, values] of mergers.entries()) optimizers[index]?.[place]?.step(values, own[place] ?? []);
      }
      last = total;
      await pass.progress('Training coefficients', step + 1, steps);
    }
    pass.note(`Loss of the coefficients at the last of ${steps} steps: ${last.toPrecision(4)}.`);
    const found = new Map(columns.map(({ name, mergers }) => [name, mergers]));
    return (updates, _weights, _parameters, { name }) =>
      scaledColumns(known.get(name)?.updates ?? updates, found.get(name) ?? []);
  },
};

/** [A₁ ⊙ m₁; A₂ ⊙ m₂] and [s₁·B₁, s₂·B₂]. */
export function scaledColumns(updates: readonly AdapterUpdate[], mergers: readonly ArrayLike<number>[]): LowRankUpdate {
  return sideBySide(
    updates,
    (index, column) => mergers[index]?.[column] ?? 0,
    (index) => updates[index]?.scaling ?? 1,
  );
}

/** ∂loss/∂mᵢ[c] = Σ over the rows of (∂loss/∂A ⊙ Aᵢ)[row, c]. */
function addColumnGradients(
  gradients: readonly Float64Array[],
  updates: readonly AdapterUpdate[],
  ofA: ArrayLike<number>,
): void {
  let first = 0;
  for (const [index, { a }] of updates.entries()) {
    const sums = gradients[index] ?? new Float64Array();
    for (let at = 0; at < a.data.length; at++) {
      const column = at % sums.length;
      sums[column] = (sums[column] ?? 0) + (ofA[first + at] ?? 0) * (a.data[at] ?? 0);
    }
    first += a.data.length;
  }
}

/** Adds the gradient of λ·mean|mᵢ ⊙ mⱼ| over all pairs, and returns its value. */
function addOverlap(gradients: readonly Float64Array[], mergers: readonly Float64Array[], lambda: number): number {
  let total = 0;
  for (const [one, first] of mergers.entries())
    for (let other = one + 1; other < mergers.length; other++) {
      const second = mergers[other] ?? first;
      const [ofFirst, ofSecond] = [gradients[one] ?? first, gradients[other] ?? second];
      const share = lambda / first.length;
      for (let at = 0; at < first.length; at++) {
        const [x, y] = [first[at] ?? 0, second[at] ?? 0];
        total += share * Math.abs(x * y);
        ofFirst[at] = (ofFirst[at] ?? 0) + share * Math.sign(x) * Math.abs(y);
        ofSecond[at] = (ofSecond[at] ?? 0) + share * Math.sign(y) * Math.abs(x);
      }
    }
  return total;
}
