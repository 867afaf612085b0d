import { describe, expect, it } from 'vitest';
import { studyKind, studyResultSchema } from '../../../../src-shared/studies/index.ts';
import { interpolationResult, mergingResult, pruningResult } from '../../figures/results.ts';

const score = { accuracy: 0.5, loss: 1 };
const estimates = { accuracy: { value: 0, low: -0.1, high: 0.1 }, loss: { value: 0, low: null, high: null } };
const planeResult = {
  kind: 'plane',
  examples: 10,
  triples: [
    {
      label: 'LoRA',
      name: '',
      coto: false,
      corners: [score, score, score],
      ensemble: score,
      surfaces: [
        {
          method: 'factor-average',
          points: [{ ...score, weights: [1, 0, 0] }],
          center: score,
          againstCorners: estimates,
          againstEnsemble: null,
        },
      ],
    },
  ],
};

const adapter = (id: string) => ({ adapterId: id });
const named = { label: 'LoRA', coto: false };
const configs = {
  pruning: {
    adapters: pruningResult.adapters.map(({ label, coto, seed }) => ({ label, coto, seed, adapter: adapter('a') })),
  },
  merging: { groups: [{ ...named, adapters: [adapter('a'), adapter('b')] }] },
  interpolation: { pairs: [0, 1].map(() => ({ ...named, from: adapter('a'), to: adapter('b') })) },
  plane: { triples: [{ ...named, adapters: [adapter('a'), adapter('b'), adapter('c')] }] },
};
const words = { mergeMethod: (id: string) => id };

describe('results of versions before a metric could be chosen', () => {
  it.each([pruningResult, mergingResult, interpolationResult, planeResult])('are of accuracy: $kind', (result) => {
    const { metric: _, ...old } = { metric: '', ...result };
    const parsed = studyResultSchema.parse(old);
    expect(parsed).toMatchObject({ ...old, metric: 'accuracy' });
    const kind = studyKind(result.kind);
    const config = kind.configSchema.parse({ kind: kind.kind, dataset: 'data', ...Reflect.get(configs, kind.kind) });
    expect(config).toMatchObject({ metric: null });
    const headings = kind
      .table(parsed, config, words)
      .flatMap(({ title, columns }) => [title, ...columns.map(({ label }) => label)]);
    expect(headings.join()).toMatch(/Accuracy \(%\)|Accuracy barrier|1:1:1 \(%\)/);
    for (const { unit } of kind.comparison(parsed)) expect(unit).toMatch(/percent|points|loss/);
    for (const { draw } of kind.figures(parsed, config, words))
      expect(draw({ dark: false }).caption).toMatch(/^(Accuracy|Loss|Pruned)/);
  });
});
