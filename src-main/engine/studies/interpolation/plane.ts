import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { Score, ScoreSpec, Subject } from '../../../../src-shared/domain/studies/plan.ts';
import { type Estimates, joinedLabel, methodsAt } from '../../../../src-shared/studies/interpolation/connectivity.ts';
import { planeStudy } from '../../../../src-shared/studies/interpolation/plane.ts';
import {
  type PlaneConfig,
  type PlaneSurface,
  type PlaneTriple,
  planeGrid,
  type Steps,
  surfaceMethods,
} from '../../../../src-shared/studies/interpolation/plane-schemas.ts';
import { byMetric, ofMetric, type PointScore } from '../../../../src-shared/studies/scores/point-score.ts';
import { mergeMethod } from '../../merge/methods/index.ts';
import { adapterSubject } from '../config/planned-adapters.ts';
import { defineStudyWork, type ScoreOf } from '../define-study-work.ts';
import { primaryMetric, withMetric } from '../scores/primary-metric.ts';
import { bootstrapsOf, withInterval } from '../scores/score-bootstrap.ts';
import { pointScore } from '../scores/study-score.ts';
import { methodParameters, methodsLeftOut, weightedSubject } from './connectivity.ts';

const ensemble = 'ensemble';

/** The metric over the plane through three same-task adapters, Σ wᵢ·adapterᵢ with Σ wᵢ = 1, by each merge method. */
export const planeWork = defineStudyWork(planeStudy, {
  async fit(config, facts) {
    for (const id of surfaceMethods(config)) refuseOutputs(id);
    const triples = config.triples.map((triple) => ({ label: joinedLabel(triple), adapters: triple.adapters }));
    const surfaces = surfaceMethods(config).map((id) => ({
      id,
      parameters: methodParameters(id, {}),
      isChosen: config.methods !== null,
    }));
    const outputs = { id: ensemble, parameters: {}, isChosen: false };
    // The lowest weights of the grid stand for all: a method that takes no negative ones is refused.
    const { beyond, subdivisions } = config;
    const weights = [subdivisions + 2 * beyond, -beyond, -beyond].map((steps) => steps / subdivisions);
    const judged = await withMetric(planeStudy, config, facts);
    return {
      ...judged,
      left_out: [
        ...(await methodsLeftOut(facts, config, triples, surfaces, beyond === 0 ? [1, 1, 1] : weights)),
        ...(await methodsLeftOut(facts, config, triples, [outputs], [1, 1, 1], false)),
      ],
    };
  },
  primaryMetric,
  plan(config) {
    const { dataset, eval_samples } = config;
    for (const id of surfaceMethods(config)) refuseOutputs(id);
    return config.triples.flatMap(({ adapters, ...named }, triple) => {
      const shown = joinedLabel(named);
      const specOf = (key: string, title: string, subject: Subject): ScoreSpec => ({
        kind: 'score',
        key: `${triple}/${key}`,
        title: `${title}, ${shown}`,
        names: ['first', 'second', 'third'].map((place) => `The ${place} adapter of ${shown}`),
        dataset,
        eval_samples,
        subject,
        forgetting: false,
      });
      const merged = (method: string, weights: readonly number[]) =>
        weightedSubject(method, methodParameters(method, {}), adapters, weights);
      return [
        ...adapters.map((adapter, corner) =>
          specOf(`corner/${corner}`, `Corner ${corner + 1}`, adapterSubject(adapter)),
        ),
        // Averages the outputs of the corners, which already exist.
        ...(hasEnsemble(config, triple) ? [specOf(ensemble, 'Ensemble of three', merged(ensemble, [1, 1, 1]))] : []),
        ...surfacesOf(config, triple).flatMap((method) => [
          specOf(`${method}/center`, `1:1:1 by ${method}`, merged(method, [1, 1, 1])),
          ...innerPoints(config).map((steps) =>
            specOf(
              `${method}/${steps.join(':')}`,
              `${steps.join(' : ')} by ${method}`,
              merged(method, weightsOf(config, steps)),
            ),
          ),
        ]),
      ];
    });
  },
  fold: (config, scoreOf) => ({
    kind: 'plane',
    examples: scoreOf('0/corner/0').examples,
    metric: primaryMetric(config),
    triples: config.triples.map(({ label, name, coto }, triple) => ({
      label,
      name,
      coto,
      ...foldTriple(config, triple, scoreOf),
    })),
  }),
});

/** @throws StudioError refused for a method that makes no adapter */
function refuseOutputs(id: string): void {
  const { makes, declaration } = mergeMethod(id);
  if (makes === 'outputs')
    throw new StudioError(
      'refused',
      `${declaration.label} merges outputs: it makes no adapter to score over the plane.`,
      'Leave it out of the methods: it is scored at 1:1:1 anyway.',
    ).at('methods');
}

function foldTriple(
  config: PlaneConfig,
  triple: number,
  scoreOf: ScoreOf,
): Pick<PlaneTriple, 'corners' | 'ensemble' | 'surfaces'> {
  const judged = primaryMetric(config);
  const pointOf = (score: Score): PointScore => pointScore(score, judged);
  const corners = [0, 1, 2].map((corner) => scoreOf(`${triple}/corner/${corner}`));
  const outputs = hasEnsemble(config, triple) ? scoreOf(`${triple}/${ensemble}`) : null;
  const surfaces = surfacesOf(config, triple).map((method) => {
    const center = scoreOf(`${triple}/${method}/center`);
    const scored = [center, ...corners, ...(outputs === null ? [] : [outputs])];
    const compared = bootstrapsOf(scored, config.seed);
    const hasAccuracy = scored.every(({ accuracy }) => accuracy !== null);
    const difference = (others: readonly number[]): Estimates => {
      const of = (metric: string) => {
        const scores = scored.map((score) => ofMetric(pointOf(score), metric));
        const statistic = (means: ArrayLike<number>) =>
          (means[0] ?? 0) - others.reduce((sum, other) => sum + (means[other] ?? 0), 0) / others.length;
        return withInterval(compared(metric), statistic(scores), statistic);
      };
      return byMetric(judged, hasAccuracy, of);
    };
    const points = planeGrid(config).map((steps) => ({
      weights: weightsOf(config, steps),
      ...pointOf(scoreOf(keyOf(config, triple, method, steps))),
    }));
    const isOnGrid = config.subdivisions % 3 === 0;
    const middle: PlaneSurface['points'][number] = { weights: [1 / 3, 1 / 3, 1 / 3], ...pointOf(center) };
    return {
      method,
      center: pointOf(center),
      points: isOnGrid ? points : [...points, middle],
      againstCorners: difference([1, 2, 3]),
      againstEnsemble: outputs === null ? null : difference([4]),
    };
  });
  return { corners: corners.map(pointOf), ensemble: outputs === null ? null : pointOf(outputs), surfaces };
}

function surfacesOf(config: PlaneConfig, triple: number): string[] {
  return methodsAt(surfaceMethods(config), config.left_out, triple);
}

function hasEnsemble({ left_out }: PlaneConfig, triple: number): boolean {
  return !left_out.some(({ at, method }) => at === triple && method === ensemble);
}

/** Points of the grid that need a merge of their own: neither corners nor the center. */
function innerPoints(config: PlaneConfig): Steps[] {
  return planeGrid(config).filter((steps) => cornerOf(config, steps) < 0 && !isCenter(steps));
}

/** Quotients of integers, so that equal points of other studies have equal weights to the last bit. */
function weightsOf({ subdivisions }: PlaneConfig, [first, second, third]: Steps): [number, number, number] {
  return [first / subdivisions, second / subdivisions, third / subdivisions];
}

function cornerOf({ subdivisions }: PlaneConfig, steps: Steps): number {
  return steps.filter((one) => one === 0).length === 2 ? steps.indexOf(subdivisions) : -1;
}

function isCenter([first, second, third]: Steps): boolean {
  return first === second && second === third;
}

function keyOf(config: PlaneConfig, triple: number, method: string, steps: Steps): string {
  const corner = cornerOf(config, steps);
  if (corner >= 0) return `${triple}/corner/${corner}`;
  return `${triple}/${method}/${isCenter(steps) ? 'center' : steps.join(':')}`;
}
