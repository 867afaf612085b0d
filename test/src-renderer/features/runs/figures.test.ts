import { expect, test } from 'vitest';
import { groupHeatmap, stepTimeOverShare } from '../../../../src-renderer/features/runs/figures.ts';

const facts = {
  totalSteps: 3,
  trainableParameters: 1,
  totalParameters: 2,
  groups: ['layers.0', 'layers.1'],
  trainExamples: 1,
  evalExamples: 1,
  backend: 'wasm',
  threads: 1,
  computeDtype: 'float32' as const,
};
const row = (name: string, step: number, value: number) => ({ name, step, value });

test('a group that was off in a step leaves its cell empty; rows count from the input up', () => {
  const figure = groupHeatmap(
    [
      row('grad_norm/layers.0', 0, 2),
      row('grad_norm/layers.1', 1, 3),
      row('grad_norm/layers.0', 1, 4),
      row('grad_norm', 1, 5),
    ],
    facts,
    { metric: 'grad_norm', title: 'Norm' },
    { dark: false },
  );
  expect(figure.data[0]).toMatchObject({
    x: [0, 1],
    z: [
      [2, 4],
      [null, 3],
    ],
  });
});

test('the share of active groups has an axis only where it was recorded', () => {
  const times = [row('step_milliseconds', 0, 10), row('step_milliseconds', 1, 30)];
  const plain = stepTimeOverShare(times, 3, false, { dark: false });
  expect(plain.data).toHaveLength(1);
  expect(plain.layout).not.toHaveProperty('yaxis2');
  const coto = stepTimeOverShare([...times, row('active_share', 0, 0.25)], 3, true, { dark: false });
  expect(coto.data.map((trace) => trace['name'])).toEqual(['groups on', 'step time']);
  expect(coto.data[0]).toMatchObject({ y: [25], yaxis: 'y2' });
  expect(coto.layout).toHaveProperty('yaxis2');
});
