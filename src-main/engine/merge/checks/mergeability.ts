import type { MeasuredPair, Mergeability } from '../../../../src-shared/domain/merging/mergeability.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { findLinear } from '../../adapters/targets/target-modules.ts';
import { leading, type Svd, svdOfProduct } from '../../linalg/index.ts';
import { allModules, type LowRankUpdate, type MergeInput, type MergeWeight, sum, weightAt } from '../merge-method.ts';
import { overlapOf, PairTotals } from './pair-totals.ts';

/** Entries of ΔW at which signs are compared in each module, drawn by the seed where there are more. */
const sampledEntries = 4096;

export interface MergeabilityRequest {
  readonly description: ModelDescription;
  readonly inputs: readonly Pick<MergeInput, 'modules'>[];
  readonly names: readonly string[];
  readonly weights: readonly MergeWeight[];
  readonly seed: number;
  /** The updates of a module by the adapters at these places, in that order; valid until the next module. */
  updates(name: string, places: readonly number[]): Promise<LowRankUpdate[]>;
  /** Called after each module; may throw to end. */
  onModule?(done: number, total: number): Promise<void>;
}

/**
 * Compares adapters layer by layer and pair by pair: overlap of the subspaces that ΔW reads and writes by principal
 * angles, cosine, sign conflict and norms, against what random subspaces of the same ranks have (analytic). ΔW is not
 * formed: everything comes from the factors, signs from a seeded sample of entries.
 */
export async function mergeability(request: MergeabilityRequest): Promise<Mergeability> {
  const { description, inputs, names, weights } = request;
  const places = inputs.map((_, place) => place);
  const pairs = places.flatMap((first) => places.slice(first + 1).map((second) => ({ first, second })));
  const all = pairs.map(() => new PairTotals());
  const byLayer = new Map<number | null, PairTotals[]>();
  const modules = allModules(inputs);
  for (const [at, name] of modules.entries()) {
    const layer = findLinear(description, name)?.layer ?? null;
    const row = byLayer.get(layer) ?? pairs.map(() => new PairTotals());
    byLayer.set(layer, row);
    const having = places.filter((place) => inputs[place]?.modules.has(name));
    const updates = await request.updates(name, having);
    const parts = new Map(having.map((place, index) => [place, updates[index]]));
    const decomposed = new Map([...parts].map(([place, update]) => [place, update ? subspaces(update) : null]));
    const entries = entriesOf(updates[0], RandomStream.named(request.seed, 'merge', `signs/${name}`));
    const samples = new Map([...parts].map(([place, update]) => [place, update ? valuesAt(update, entries.at) : []]));
    for (const [index, { first, second }] of pairs.entries()) {
      const [one, other] = [decomposed.get(first), decomposed.get(second)];
      const scale = (place: number) => Math.abs(weightAt(weights[place] ?? 1, layer));
      const measured = {
        ...(one && other ? overlapOf(one, other) : { overlap: null, inner: 0, innerVariance: 0 }),
        energies: [energy(one), energy(other)] as const,
        strengths: [scale(first) ** 2 * energy(one), scale(second) ** 2 * energy(other)] as const,
        ...signs(samples.get(first) ?? [], samples.get(second) ?? [], entries.share),
      };
      row[index]?.add(measured);
      all[index]?.add(measured);
    }
    await request.onModule?.(at + 1, modules.length);
  }
  const layers = [...byLayer.keys()].sort((one, other) => (one ?? Infinity) - (other ?? Infinity));
  return {
    names: [...names],
    layers,
    pairs: pairs.map(
      (pair, index): MeasuredPair => ({ ...pair, ...(all[index]?.measures() ?? new PairTotals().empty()) }),
    ),
    cells: layers.map((layer) => (byLayer.get(layer) ?? []).map((totals) => totals.measures())),
  };
}

/** U, S and V of ΔW without directions of singular values that are rounding. */
function subspaces({ a, b, scaling }: LowRankUpdate): Svd {
  const whole = svdOfProduct(b, a, scaling);
  const greatest = whole.s[0] ?? 0;
  return leading(whole, whole.s.filter((value) => value > 1e-6 * greatest).length);
}

function energy(decomposed: Svd | null | undefined): number {
  return decomposed ? sum(Array.from(decomposed.s, (value) => value * value)) : 0;
}

/** Places of entries of ΔW, and the share of all that they are. */
function entriesOf(update: LowRankUpdate | undefined, random: RandomStream) {
  const [rows, columns] = [update?.b.shape[0] ?? 0, update?.a.shape[1] ?? 0];
  const size = rows * columns;
  if (size <= sampledEntries) return { at: Float64Array.from({ length: size }, (_, at) => at), share: 1 };
  const at = Float64Array.from({ length: sampledEntries }, () => random.integer(size));
  return { at, share: sampledEntries / size };
}

function valuesAt({ a, b, rank, scaling }: LowRankUpdate, entries: Float64Array): Float64Array {
  const columns = a.shape[1] ?? 1;
  return entries.map((at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    let value = 0;
    for (let k = 0; k < rank; k++) value += (b.data[row * rank + k] ?? 0) * (a.data[k * columns + column] ?? 0);
    return scaling * value;
  });
}

/** Σ min(|x|, |y|) over all entries and over those of opposite signs, scaled up from the sample. */
function signs(x: ArrayLike<number>, y: ArrayLike<number>, share: number) {
  let [common, opposed] = [0, 0];
  for (let at = 0; at < Math.min(x.length, y.length); at++) {
    const [one, other] = [x[at] ?? 0, y[at] ?? 0];
    const both = Math.min(Math.abs(one), Math.abs(other));
    common += both;
    if (one * other < 0) opposed += both;
  }
  return { common: common / share, opposed: opposed / share };
}
