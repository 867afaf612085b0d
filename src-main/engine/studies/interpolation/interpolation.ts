import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import type { ScoreSpec, Subject } from '../../../../src-shared/domain/studies/plan.ts';
import { barriersOf } from '../../../../src-shared/studies/interpolation/barrier.ts';
import { joinedLabel, methodsAt } from '../../../../src-shared/studies/interpolation/connectivity.ts';
import { interpolationStudy } from '../../../../src-shared/studies/interpolation/interpolation.ts';
import {
  curveMethods,
  type InterpolationConfig,
  type InterpolationCurve,
  middleOf,
} from '../../../../src-shared/studies/interpolation/interpolation-schemas.ts';
import { judgedWords } from '../../../../src-shared/studies/scores/judged-metric.ts';
import { byMetric, metricAt } from '../../../../src-shared/studies/scores/point-score.ts';
import { mergeMethod } from '../../merge/methods/index.ts';
import { adapterSubject } from '../config/planned-adapters.ts';
import { defineStudyWork, type ScoreOf } from '../define-study-work.ts';
import { primaryMetric, withMetric } from '../scores/primary-metric.ts';
import { bootstrapsOf, withInterval } from '../scores/score-bootstrap.ts';
import { pointScore } from '../scores/study-score.ts';
import { methodParameters, methodsLeftOut, outputsFirst, weightedSubject } from './connectivity.ts';

/** Groups of fewer pairs have no interval over pairs: theirs are over test examples. */
const enoughPairs = 3;

/**
 * λ from 0 to 1 in even steps, both ends exact. Both weights are quotients of integers, so that equal points of other
 * studies have equal weights to the last bit.
 */
export function lambdaGrid(points: number): { lambda: number; weights: readonly [number, number] }[] {
  const last = points - 1;
  return Array.from({ length: points }, (_, index) => ({
    lambda: index / last,
    weights: [(last - index) / last, index / last] as const,
  }));
}

/**
 * The metric along the line between two same-task adapters, (1 − λ)·first + λ·second, by each merge method and by the
 * ensemble of the ends' outputs, which costs no evaluation of its own, except for language models. The ends of all curves are the adapters.
 */
export const interpolationWork = defineStudyWork(interpolationStudy, {
  async fit(config, facts) {
    const pairs = config.pairs.map((pair) => ({ label: joinedLabel(pair), adapters: [pair.from, pair.to] }));
    const { curves, method } = config;
    const methods = curveMethods(config).map((id) => ({
      id,
      parameters: parametersOf(config, id),
      isChosen: (curves ?? []).includes(id) || id === method,
    }));
    const judged = await withMetric(interpolationStudy, config, facts);
    return { ...judged, left_out: await methodsLeftOut(facts, config, pairs, methods, [1, 1]) };
  },
  primaryMetric,
  plan(config) {
    const { dataset, eval_samples } = config;
    const specOf = (pair: number, point: number, subject: Subject, curve: string | null): ScoreSpec => {
      const shown = joinedLabel(config.pairs[pair]);
      const lambda = Number((point / (config.points - 1)).toFixed(3));
      const by = curve === null ? '' : ` by ${mergeMethod(curve).declaration.label}`;
      return {
        kind: 'score',
        key: curve === null ? endKey(pair, point) : keyOf(pair, curve, point),
        title: `λ = ${lambda}${by}, ${shown}`,
        names: [`The first adapter of ${shown}`, `The second adapter of ${shown}`],
        dataset,
        eval_samples,
        subject,
        forgetting: false,
      };
    };
    return config.pairs.flatMap(({ from, to }, pair) => {
      const ends = [from, to].map((adapter, end) =>
        specOf(pair, end * (config.points - 1), adapterSubject(adapter), null),
      );
      const inner = lambdaGrid(config.points).slice(1, -1);
      return [
        ...ends,
        // The ensembles first: the outputs of their ends are at hand.
        ...outputsFirst(curvesOf(config, pair)).flatMap(({ id, parameters }) =>
          inner.map(({ weights }, index) =>
            specOf(pair, index + 1, weightedSubject(id, parameters, [from, to], weights), id),
          ),
        ),
      ];
    });
  },
  fold(config, scoreOf) {
    const counts = Map.groupBy(config.pairs, ({ label, coto }) => JSON.stringify([label, coto]));
    const pairs = config.pairs.map(({ label, name, coto }, pair) => {
      const isFew = (counts.get(JSON.stringify([label, coto]))?.length ?? 0) < enoughPairs;
      return { label, name, coto, curves: foldPair(config, pair, scoreOf, isFew) };
    });
    return { kind: 'interpolation', examples: scoreOf(endKey(0, 0)).examples, metric: primaryMetric(config), pairs };
  },
});

/** The curves of a pair with their scores' bootstrap intervals, if wanted. */
function foldPair(
  config: InterpolationConfig,
  pair: number,
  scoreOf: ScoreOf,
  withIntervals: boolean,
): InterpolationCurve[] {
  const grid = lambdaGrid(config.points);
  const last = config.points - 1;
  const scoresOf = (curve: string) =>
    grid.map((_, point) => scoreOf(point === 0 || point === last ? endKey(pair, point) : keyOf(pair, curve, point)));
  const methods = curvesOf(config, pair).map(({ id }) => id);
  const scores = methods.map(scoresOf);
  const bootstraps = withIntervals ? bootstrapsOf(scores.flat(), config.seed) : null;
  const judged = primaryMetric(config);
  const hasAccuracy = scores.flat().every(({ accuracy }) => accuracy !== null);
  const points = scores.map((list) => list.map((score) => pointScore(score, judged)));
  const middle = middleOf(grid);
  const ensemble = methods.findIndex((id) => mergeMethod(id).makes === 'outputs');
  return methods.map((method, curve) => {
    const values = points[curve] ?? [];
    const barrierOf = (metric: string) => {
      const heights = (of: (point: number) => number) =>
        barriersOf(
          grid.map(({ lambda }, point) => ({ lambda, value: of(point) })),
          judgedWords(metric).better,
        );
      const { line, mean, at } = heights((point) => metricAt(values, point, metric));
      const start = curve * grid.length;
      const interval = (which: 'line' | 'mean', value: number) =>
        withInterval(bootstraps?.(metric), value, (means) => heights((point) => means[start + point] ?? 0)[which]);
      return { line: interval('line', line), mean: interval('mean', mean), at };
    };
    const other = points[ensemble] ?? [];
    const difference = (metric: string) =>
      withInterval(
        bootstraps?.(metric),
        metricAt(values, middle, metric) - metricAt(other, middle, metric),
        (means) => (means[curve * grid.length + middle] ?? 0) - (means[ensemble * grid.length + middle] ?? 0),
      );
    return {
      method,
      points: values.map((value, point) => ({ lambda: grid[point]?.lambda ?? 0, ...value })),
      barriers: byMetric(judged, hasAccuracy, barrierOf),
      againstEnsemble: ensemble < 0 || ensemble === curve ? null : byMetric(judged, hasAccuracy, difference),
    };
  });
}

/** The curves that a pair has, with the parameters of their methods. */
function curvesOf(config: InterpolationConfig, pair: number) {
  return methodsAt(curveMethods(config), config.left_out, pair).map((id) => ({
    id,
    parameters: parametersOf(config, id),
  }));
}

function parametersOf({ method, parameters }: InterpolationConfig, id: string): ParameterValues {
  return methodParameters(id, id === method ? parameters : {});
}

function endKey(pair: number, point: number): string {
  return `${pair}/${point === 0 ? 'from' : 'to'}`;
}

function keyOf(pair: number, curve: string, point: number): string {
  return `${pair}/${curve}/${point}`;
}
