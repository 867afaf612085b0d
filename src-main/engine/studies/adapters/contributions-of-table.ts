import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { MaskChoice, MaskOutline, MaskTable } from '../../../../src-shared/domain/evaluation/mask-table.ts';
import { type ExampleMetricId, isLowerBetter } from '../../../../src-shared/metrics/index.ts';
import { blockMean } from '../../../../src-shared/statistics/block-interval.ts';
import {
  maskOf,
  neighbors,
  type ResolvedChoice,
  resolvedChoice,
  sampledPermutations,
  sampledSets,
} from '../../../../src-shared/statistics/mask-choice.ts';
import { quantileOf } from '../../../../src-shared/statistics/quantile.ts';
import {
  integralEstimates,
  permutationValues,
  type SampledValues,
  sampledMarginals,
  type Worth,
} from '../../../../src-shared/statistics/sampled-shapley.ts';
import {
  banzhafValues,
  type Game,
  integralValues,
  marginalsAt,
  shapleyInteractions,
  shapleyValues,
} from '../../../../src-shared/statistics/shapley.ts';
import { mean, studentQuantile } from '../../../../src-shared/statistics/student.ts';
import type {
  AdapterContribution,
  IntervalValue,
} from '../../../../src-shared/studies/adapters/contribution-schemas.ts';

type Contributions = Omit<AdapterContribution, 'label' | 'coto' | 'seed'>;

/** Points of the curves of e(p). */
const curvePoints = Array.from({ length: 21 }, (_, point) => point / 20);

/**
 * Returns the contribution of each group to v, the accuracy or −loss with only some groups on. Intervals are over the
 * examples: every value is linear in v, hence a mean over blocks of examples, whose spread gives the interval
 * (`blockMean`). With sampled sets, the interval also includes the sampling error: both are treated as independent,
 * their half-widths added in squares.
 * @throws StudioError refused for a metric that the task does not have
 */
export function contributionsOf(table: MaskTable, metric: ExampleMetricId, choice: MaskChoice): Contributions {
  const games = new MaskGames(table, metric);
  const resolved = resolvedChoice(choice, table.groups.length);
  const { none, all } = { none: '0'.repeat(table.groups.length), all: '1'.repeat(table.groups.length) };
  const values = resolved.kind === 'all' ? exactValues(games) : sampledValuesOf(games, resolved);
  const leftOut = games.intervals((worth) => neighbors(all).map((mask) => worth(all) - worth(mask)));
  const alone = games.intervals((worth) => neighbors(none).map((mask) => worth(mask) - worth(none)));
  const [noneOn, allOn] = games.intervals((worth) => [worth(none), worth(all)]);
  if (noneOn === undefined || allOn === undefined) throw new RangeError('the table has no blocks');
  const { shapley, banzhaf, ...rest } = values;
  return {
    groups: table.groups.map(({ name, layers, type }, group) => ({
      name,
      layers,
      type,
      shapley: at(shapley, group),
      banzhaf: banzhaf && at(banzhaf, group),
      leaveOneOut: at(leftOut, group),
      alone: at(alone, group),
    })),
    none: noneOn,
    all: allOn,
    efficiency: {
      sum: shapley.reduce((sum, { value }) => sum + value, 0),
      difference: allOn.value - noneOn.value,
    },
    stability: stabilityOf(games),
    cost: treeCost(table, games.masks),
    ...rest,
  };
}

type Values = Pick<Contributions, 'exact' | 'samples' | 'integralDifference' | 'interactions' | 'curves'> & {
  readonly shapley: readonly IntervalValue[];
  readonly banzhaf: readonly IntervalValue[] | null;
};

function exactValues(games: MaskGames): Values {
  const { groups } = games;
  const exact = (of: (game: Game) => number[]) => games.intervals((worth) => of(gameOf(worth, groups)));
  const game = gameOf(games.worth, groups);
  const [shapley, integrals] = [exact((one) => shapleyValues(one, groups)), integralValues(game, groups)];
  const pairs = exact((one) => shapleyInteractions(one, groups).flat());
  const curves = curvePoints.map((p) => marginalsAt(game, groups, p));
  return {
    exact: true,
    samples: null,
    shapley,
    banzhaf: exact((one) => banzhafValues(one, groups)),
    integralDifference: Math.max(...shapley.map(({ value }, group) => Math.abs(value - (integrals[group] ?? 0)))),
    interactions: shapley.map((_, first) => pairs.slice(first * groups, (first + 1) * groups)),
    curves: { p: curvePoints, marginals: shapley.map((_, group) => curves.map((row) => row[group] ?? 0)) },
  };
}

function sampledValuesOf(games: MaskGames, choice: Exclude<ResolvedChoice, { kind: 'all' }>): Values {
  if (choice.kind === 'list') throw new RangeError('a list of masks has no Shapley values');
  const none = { exact: false, banzhaf: null, integralDifference: null, interactions: null };
  if (choice.kind === 'permutations') {
    const orders = sampledPermutations(choice, games.groups);
    const estimate = (worth: Worth) => permutationValues(orders, choice.antithetic, worth);
    return { ...none, ...withSampling(games, estimate), curves: null };
  }
  const sets = sampledSets(choice, games.groups);
  const { p, marginals } = sampledMarginals(sets, games.worth);
  const estimates = withSampling(games, (worth) => integralEstimates(sets, worth));
  const curves = { p, marginals: estimates.shapley.map((_, group) => marginals.map((row) => row[group] ?? 0)) };
  return { ...none, ...estimates, curves };
}

function withSampling(
  games: MaskGames,
  estimate: (worth: Worth) => SampledValues,
): Pick<Values, 'shapley' | 'samples'> {
  const { samples, means, standardErrors } = estimate(games.worth);
  const overExamples = games.intervals((worth) => estimate(worth).means);
  const quantileOfSamples = studentQuantile(0.975, samples - 1);
  return {
    samples,
    shapley: means.map((value, group) => {
      const width = Math.hypot(quantileOfSamples * (standardErrors[group] ?? 0), overExamples[group]?.halfWidth ?? 0);
      return { value, halfWidth: width === 0 ? null : width };
    }),
  };
}

/** The scores of a table as games: one over all examples, and one for each block. */
class MaskGames {
  readonly groups: number;
  readonly masks: readonly string[];
  readonly worth: Worth;
  private readonly weights: readonly number[];
  private readonly blocks: readonly Worth[];

  constructor({ groups, blocks, scores }: MaskTable, metric: ExampleMetricId) {
    this.groups = groups.length;
    const byMask = new Map<string, number[]>();
    const weights = new Array<number>(blocks).fill(0);
    const sign = isLowerBetter(metric) ? -1 : 1;
    for (const { mask, block, weight, ...score } of scores) {
      const known = score[metric];
      if (known === null)
        throw new StudioError(
          'refused',
          'The task has no accuracy: it predicts a number.',
          'Choose the metric "loss"; what was evaluated is kept.',
        ).at('metric');
      const row = byMask.get(mask) ?? new Array<number>(blocks).fill(Number.NaN);
      row[block] = sign * known;
      byMask.set(mask, row);
      weights[block] = weight;
    }
    this.masks = [...byMask.keys()];
    this.weights = weights;
    const rowOf = (mask: string): readonly number[] => {
      const row = byMask.get(mask);
      if (row === undefined) throw new RangeError(`the table has no mask ${mask}`);
      return row;
    };
    const means = new Map([...byMask].map(([mask, row]) => [mask, blockMean(row, weights).mean] as const));
    this.worth = (mask) => means.get(mask) ?? blockMean(rowOf(mask), weights).mean;
    this.blocks = weights.map((_, block) => (mask) => rowOf(mask)[block] ?? Number.NaN);
  }

  /** Values that are linear in the game, over all examples and with their intervals over the blocks. */
  intervals(of: (worth: Worth) => readonly number[]): IntervalValue[] {
    const perBlock = this.blocks.map(of);
    return of(this.worth).map((value, place) => ({
      value,
      halfWidth: blockMean(
        perBlock.map((row) => row[place] ?? Number.NaN),
        this.weights,
      ).halfWidth,
    }));
  }
}

function gameOf(worth: Worth, groups: number): Game {
  return Float64Array.from({ length: 2 ** groups }, (_, set) => worth(maskOf(set, groups)));
}

function stabilityOf(games: MaskGames): Contributions['stability'] {
  const sizeOf = (mask: string) => [...mask].filter((on) => on === '1').length;
  const bySize = Map.groupBy(games.masks, sizeOf);
  return [...bySize]
    .sort(([one], [other]) => one - other)
    .map(([active, masks]) => {
      const values = masks.map(games.worth).sort((one, other) => one - other);
      return {
        active,
        mean: mean(values),
        low: quantileOf(values, 0.05),
        high: quantileOf(values, 0.95),
        masks: masks.length,
      };
    });
}

function at(values: readonly IntervalValue[], group: number): IntervalValue {
  return values[group] ?? { value: Number.NaN, halfWidth: null };
}

/**
 * Computes the cost of masks in the tree of their prefixes, where a layer runs once for all masks that agree up to it.
 */
export function treeCost(
  { groups, multiplications }: Pick<MaskOutline, 'groups' | 'multiplications'>,
  masks: readonly string[],
): AdapterContribution['cost'] {
  const layerCount = multiplications.length - 2;
  let layerEvaluations = 0;
  let products = (multiplications[0] ?? 0) + masks.length * (multiplications.at(-1) ?? 0);
  for (let layer = 0; layer < layerCount; layer++) {
    const below = groups.map(({ layers }) => layers.some((own) => own <= layer));
    const prefixes = new Set(masks.map((mask) => [...mask].filter((_, group) => below[group]).join('')));
    layerEvaluations += prefixes.size;
    products += prefixes.size * (multiplications[layer + 1] ?? 0);
  }
  return {
    masks: masks.length,
    layerEvaluations,
    layerEvaluationsAlone: masks.length * layerCount,
    forwardPasses: products / multiplications.reduce((sum, count) => sum + count, 0),
  };
}
