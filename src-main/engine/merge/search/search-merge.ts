import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { checkedParameters } from '../../../../src-shared/domain/parameters/parameter-check.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import type { AdapterState } from '../../adapters/variant/state.ts';
import type { MergeCandidate, MergeData } from '../merge-data.ts';
import { allModules, type MergePass, type MergeWeight } from '../merge-method.ts';
import { mergeStates } from '../run/merge-states.ts';
import type { MergeRequest } from '../run/run-merge.ts';
import { wholeMergeOf } from '../run/whole-states.ts';
import { type SearchOptions, searchByGenerations } from './search-by-cma.ts';
import { type SearchSettings, searchOf } from './search-parameters.ts';

/** Weights are searched from 0 on: an adapter that only hurts is left out. */
const bounds = { lower: 0, upper: 2 };

/** Result of a search, or the provided weights. */
export interface SearchedMerge {
  readonly weights: readonly MergeWeight[];
  readonly leftOut: ReadonlySet<string>;
  /** Sentences on what was found. */
  readonly notes: readonly string[];
  /** Scores on the tuning examples, of what was found and of the given merge; absent without a search. */
  readonly tuned?: { readonly score: number; readonly given: number };
}

/**
 * Searches by CMA-ES what the request's parameters ask for: weights, weights by layer, or modules to leave out, the last
 * as numbers of which the negative ones leave a module out. The given merge is tried first, so that nothing worse is
 * found. Task heads keep the given weights.
 * @param data tuning examples, which scores are not reported on
 * @param progress called before each merge that is tried; may throw to end the search
 */
export async function searchMerge(
  request: MergeRequest,
  states: readonly AdapterState[],
  data: MergeData,
  progress: MergePass['progress'],
): Promise<SearchedMerge> {
  const settings = searchOf(checkedParameters(request.method.declaration, request.parameters));
  if (settings === null) return { weights: request.weights, leftOut: new Set(), notes: [] };
  if (wholeMergeOf(request.method, states) !== null)
    throw new StudioError(
      'refused',
      `A search tries merges as plain LoRA, which the merge of ${states[0]?.variant.declaration.label} adapters is not.`,
      'Set search to none.',
    ).at('search');
  const { what, evaluations, seed } = settings;
  const asked = { ...request, data };
  const space = what === 'modules' ? await moduleSpace(asked, states, data) : weightSpace(asked, what, states, data);
  let given = Number.NaN;
  const best = await searchByGenerations(
    async (points, first) => {
      const scores = await space.scores(points, (done) => progress('Searching', first + done, evaluations));
      if (first === 0) given = scores[0] ?? Number.NaN;
      return scores.map((score) => -score);
    },
    { ...space.options, evaluations, draws: RandomStream.named(seed, 'merge', 'search') },
  );
  const found = space.read(best.point);
  return { ...found, tuned: { score: -best.value, given }, notes: [words(settings, found, -best.value, given)] };
}

interface SearchSpace {
  readonly options: Pick<SearchOptions, 'mean' | 'sigma' | 'bounds'>;
  /**
   * Scores on the tuning examples, −∞ where a point is no merge.
   * @param progress called with the number of points that are done
   */
  scores(points: readonly Float64Array[], progress: (done: number) => Promise<void>): Promise<number[]>;
  read(point: Float64Array): Omit<SearchedMerge, 'notes'>;
}

function weightSpace(
  request: MergeRequest,
  what: 'weights' | 'layer-weights',
  states: readonly AdapterState[],
  data: MergeData,
): SearchSpace {
  const each = what === 'weights' ? 1 : request.base.description.layerCount;
  const given = request.weights.flatMap((weight) =>
    Array.from({ length: each }, (_, layer) => (typeof weight === 'number' ? weight : (weight[layer] ?? 0))),
  );
  const read = (point: Float64Array): MergeWeight[] =>
    states.map((_, index) => {
      const own = [...point.subarray(index * each, (index + 1) * each)];
      return what === 'weights' ? (own[0] ?? 0) : own;
    });
  return {
    options: { mean: given.map((value) => Math.min(bounds.upper, Math.max(bounds.lower, value))), sigma: 0.3, bounds },
    async scores(points, progress) {
      const scores: number[] = [];
      for (const [done, point] of points.entries()) {
        await progress(done);
        const isMerge = point.some((value) => value !== 0);
        const merged = isMerge && candidateOf(await mergeStates({ ...request, weights: read(point) }, states));
        scores.push(merged ? await data.score(merged) : Number.NEGATIVE_INFINITY);
      }
      return scores;
    },
    read: (point) => ({ weights: read(point), leftOut: new Set() }),
  };
}

async function moduleSpace(
  request: MergeRequest,
  states: readonly AdapterState[],
  data: MergeData,
): Promise<SearchSpace> {
  const whole = await mergeStates(request, states);
  const names = allModules([whole]);
  const masks = data.masks(candidateOf(whole));
  const leftOut = (point: Float64Array) => new Set(names.filter((_, index) => (point[index] ?? 0) < 0));
  return {
    options: { mean: names.map(() => 0.5), sigma: 0.5 },
    async scores(points, progress) {
      await progress(0);
      const kept = points.map((point) => {
        const out = leftOut(point);
        return new Set(names.filter((name) => !out.has(name)));
      });
      const merges = kept.filter(({ size }) => size > 0);
      const scores = await masks.score(merges, (done, total) => progress(Math.floor((points.length * done) / total)));
      return kept.map((on) => (on.size === 0 ? Number.NEGATIVE_INFINITY : (scores[merges.indexOf(on)] ?? Number.NaN)));
    },
    read: (point) => ({ weights: request.weights, leftOut: leftOut(point) }),
  };
}

function candidateOf({ modules }: AdapterState): MergeCandidate {
  return new Map(
    [...modules].map(([name, { rank, scaling, tensors }]) => {
      const [a, b] = [tensors.get('a'), tensors.get('b')];
      if (!a || !b) throw new Error(`the merge of ${name} has no factors`);
      return [name, { a, b, rank: rank ?? a.shape[0] ?? 0, scaling }];
    }),
  );
}

function words(
  { what, evaluations, seed }: SearchSettings,
  { weights, leftOut }: Omit<SearchedMerge, 'notes'>,
  score: number,
  given: number,
): string {
  const found =
    what === 'modules'
      ? `${leftOut.size} modules left out${leftOut.size === 0 ? '' : ` (${[...leftOut].join(', ')})`}`
      : `weights ${weights.map((weight) => [weight].flat().map(short).join(' · ')).join('; ')}`;
  return `Found by CMA-ES in ${evaluations} merges (seed ${seed}): ${found}. Score on the tuning examples, a seeded sample of the training split: ${score.toFixed(4)}, of the given merge ${given.toFixed(4)}; the test split is held out from the search.`;
}

function short(value: number): string {
  return value.toFixed(3);
}
