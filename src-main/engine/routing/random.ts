import { RandomStream } from '../../../src-shared/random.ts';
import type { Router } from './router.ts';
import { oneHot } from './weights.ts';

/** One adapter for each input, drawn with equal chances. */
export const random: Router = {
  declaration: {
    id: 'random',
    label: 'Random adapter',
    summary: 'Baseline: draws one adapter for each input, all with equal chances.',
    parameters: [
      {
        name: 'seed',
        label: 'Seed',
        type: 'integer',
        default: 0,
        minimum: 0,
        help: 'Determines the drawn adapters.',
      },
    ],
  },
  needs: {},
  open({ adapters: { length }, parameters }) {
    const draws = RandomStream.named(Number(parameters['seed']), 'routing', 'random');
    return {
      kind: 'rows',
      combines: 'outputs',
      weights: ({ rows }) =>
        oneHot(
          Int32Array.from({ length: rows }, () => draws.integer(length)),
          length,
        ),
    };
  },
};
