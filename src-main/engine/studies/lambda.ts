import { mergeMethod } from '../merge/index.ts';
import { mergeStates } from '../merge/merge-states.ts';
import { barrier } from './barrier.ts';
import type { StudyKind } from './study-kind.ts';
import type { Score } from './study-score.ts';

/** λ from 0 to 1 in even steps, both ends exact. */
export function lambdaGrid(points: number): number[] {
  return Array.from({ length: points }, (_, index) => index / (points - 1));
}

/**
 * The metric along the line between two same-task adapters, (1 − λ)·first + λ·second, by the chosen merge; its ends are the
 * adapters themselves. The barrier says how far the curve falls below the straight line between them.
 */
export const lambdaStudy: StudyKind<'lambda'> = {
  kind: 'lambda',
  declaration: {
    id: 'lambda',
    label: 'λ between two seeds',
    summary: 'Accuracy and loss along the line between two adapters of one task, and the height of the barrier.',
    paper: {
      title: 'Linear Mode Connectivity and the Lottery Ticket Hypothesis',
      url: 'https://arxiv.org/abs/1912.05671',
    },
    parameters: [
      {
        name: 'points',
        label: 'Points',
        type: 'integer',
        default: 21,
        minimum: 3,
        maximum: 201,
        help: 'Values of λ from 0 to 1, both ends among them; one evaluation each.',
      },
      {
        name: 'method',
        label: 'Interpolation',
        type: 'choice',
        default: 'factor-average',
        choices: [
          { value: 'factor-average', label: 'Factors' },
          { value: 'weight-average', label: 'ΔW' },
        ],
        help: 'What is interpolated: the factors A and B, as in the paper, or ΔW itself.',
      },
    ],
  },
  passes: (config) => config.pairs.length * config.points,
  async run(config, environment) {
    const method = mergeMethod(config.method);
    const pairs = [];
    for (const { label, coto, from, to } of config.pairs) {
      const first = await environment.adapter(from, `The first adapter of ${label}`);
      const second = await environment.adapter(to, `The second adapter of ${label}`);
      const points: (Score & { lambda: number })[] = [];
      for (const lambda of lambdaGrid(config.points)) {
        const request = { method, weights: [1 - lambda, lambda], parameters: {}, base: environment.base };
        const merged = await mergeStates(request, [first, second]);
        const score = await environment.score(merged, `λ = ${Number(lambda.toFixed(3))}, ${label}`);
        points.push({ lambda, ...score });
      }
      const curve = (metric: 'accuracy' | 'loss') =>
        points.map((point) => ({ lambda: point.lambda, value: point[metric] }));
      pairs.push({
        label,
        coto,
        points,
        accuracyBarrier: barrier(curve('accuracy'), 'higher'),
        lossBarrier: barrier(curve('loss'), 'lower'),
      });
    }
    return { kind: 'lambda', examples: environment.examples, pairs };
  },
};
