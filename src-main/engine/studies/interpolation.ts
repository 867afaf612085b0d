import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ScoreSpec, Subject } from '../../../src-shared/domain/plan.ts';
import { interpolationStudy } from '../../../src-shared/studies/interpolation.ts';
import { checkedParameters } from '../checked-parameters.ts';
import { mergeMethod } from '../merge/index.ts';
import { barrier } from './barrier.ts';
import { defineStudyWork } from './define-study-work.ts';
import { pointScore } from './study-score.ts';

/** λ from 0 to 1 in even steps, both ends exact. */
export function lambdaGrid(points: number): number[] {
  return Array.from({ length: points }, (_, index) => index / (points - 1));
}

/**
 * The metric along the line between two same-task adapters, (1 − λ)·first + λ·second, by the chosen merge method;
 * its ends are the adapters themselves. The barrier is how far the curve falls below the straight line between them.
 */
export const interpolationWork = defineStudyWork(interpolationStudy, {
  plan(config) {
    const method = mergeMethod(config.method);
    if (method.makes !== 'adapter')
      throw new StudioError(
        'refused',
        `${method.declaration.label} merges outputs: there is no adapter between the two to score.`,
        'Choose a merge method that produces an adapter.',
      );
    const { dataset, eval_samples } = config;
    const checked = checkedParameters(method.declaration, config.parameters);
    // λ is the weight: there is nothing to search.
    const parameters = 'search' in checked ? { ...checked, search: 'none' } : checked;
    return config.pairs.flatMap(({ label, from, to }, pair) =>
      lambdaGrid(config.points).map((lambda, point): ScoreSpec => {
        const [first, second]: Subject[] = [
          { kind: 'adapter', adapter: from },
          { kind: 'adapter', adapter: to },
        ];
        const inputs = [
          { subject: first, weight: 1 - lambda },
          { subject: second, weight: lambda },
        ].flatMap(({ subject, weight }) => (subject === undefined ? [] : [{ subject, weight }]));
        const end = lambda === 0 ? first : lambda === 1 ? second : undefined;
        return {
          kind: 'score',
          key: keyOf(pair, point),
          title: `λ = ${Number(lambda.toFixed(3))}, ${label}`,
          names: [`The first adapter of ${label}`, `The second adapter of ${label}`],
          dataset,
          eval_samples,
          subject: end ?? { kind: 'merge', method: config.method, parameters, inputs },
        };
      }),
    );
  },
  fold(config, scoreOf) {
    const pairs = config.pairs.map(({ label, coto }, pair) => {
      const points = lambdaGrid(config.points).map((lambda, point) => ({
        lambda,
        ...pointScore(scoreOf(keyOf(pair, point))),
      }));
      const curve = (metric: 'accuracy' | 'loss') =>
        points.map((point) => ({ lambda: point.lambda, value: point[metric] }));
      return {
        label,
        coto,
        points,
        accuracyBarrier: barrier(curve('accuracy'), 'higher'),
        lossBarrier: barrier(curve('loss'), 'lower'),
      };
    });
    return { kind: 'interpolation', examples: scoreOf(keyOf(0, 0)).examples, pairs };
  },
});

function keyOf(pair: number, point: number): string {
  return `${pair}/${point}`;
}
