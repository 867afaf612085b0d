import { expect, test } from 'vitest';
import { updateNormFigure } from '../../../src-shared/figures/index.ts';

test('norms lie by layer and target module, with what is outside the layers on top', () => {
  const at = (name: string, layer: number | null, perEntry: number) => ({ name, layer, norm: perEntry * 10, perEntry });
  const { data, layout } = updateNormFigure(
    {
      modules: [
        at('embed_tokens', null, 0.5),
        at('layers.0.attention.output.dense', 0, 0.1),
        at('layers.0.output.dense', 0, 0.2),
        at('layers.2.output.dense', 2, 0.3),
      ],
      problem: null,
    },
    { dark: false },
  );
  expect(data[0]).toMatchObject({
    z: [
      [0.1, 0.2, null],
      [null, 0.3, null],
      [null, null, 0.5],
    ],
  });
  expect(layout).toMatchObject({
    xaxis: { ticktext: ['attention.output.dense', 'output.dense', 'embed_tokens'] },
    yaxis: { ticktext: ['0', '2', 'outside'] },
  });
});
