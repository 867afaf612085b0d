import { expect, test } from 'vitest';
import { type TunedSide, type TuningRecord, tunedVerdict } from '../../../../src-shared/domain/runs/tuned.ts';

const sweep: TuningRecord = {
  learning_rate: 1e-3,
  rates: [1e-4, 1e-3, 1e-2],
  seeds: [1, 2],
  validation_samples: 500,
  metric: 'accuracy',
  edge: null,
  budget: '[300]',
};
const side = (name: string, learning_rate: number | null, ...sweeps: TuningRecord[]): TunedSide => ({
  name,
  learning_rate,
  dataset: 'data',
  sweeps,
});

test('a comparison is tuned where each rate was chosen by a sweep of equal budget, within the rates tried', () => {
  const other = { ...sweep, learning_rate: 1e-2, rates: [1e-3, 1e-2, 1e-1], edge: 'high' as const };
  const within = { ...other, rates: [1e-3, 1e-2, 1e-1], edge: null };
  expect(tunedVerdict([side('LoRA', 1e-3, sweep), side('LoRA + CoTo', 1e-2, within)])).toEqual({
    state: 'tuned',
    reason: 'Each learning rate was chosen by a sweep of 3 rates on 2 seeds, by accuracy on 500 validation examples.',
  });
  expect(tunedVerdict([side('LoRA', 1e-3, sweep), side('LoRA + CoTo', 1e-2, other)])).toEqual({
    state: 'edge',
    reason:
      'Each learning rate was chosen by a sweep of 3 rates on 2 seeds, by accuracy on 500 validation examples. 1 of 2 chosen rates is the lowest or highest that was tried: a better one may lie beyond. Extend the grid.',
  });
  // An older sweep counts too, where its rate is the one in use.
  expect(tunedVerdict([side('LoRA', 1e-3, other, sweep)])?.state).toBe('tuned');
  expect(tunedVerdict([])).toBeNull();
});

test('budgets are compared between sides of the same data', () => {
  const on = (dataset: string, ...rates: number[]) => ({ ...side('LoRA', 1e-3, { ...sweep, rates }), dataset });
  const [cats, dogs] = [on('cats', 1e-4, 1e-3), on('dogs', 1e-4, 1e-3, 1e-2)];
  expect(tunedVerdict([cats, cats, dogs, dogs])).toEqual({
    state: 'tuned',
    reason:
      'Each learning rate was chosen by a sweep of 2 or 3 rates on 2 seeds, by accuracy on 500 validation examples.',
  });
  expect(tunedVerdict([cats, dogs, on('dogs', 1e-3, 1e-2)])?.state).toBe('untuned');
});

test('anything else is untuned, and says why', () => {
  const reasonOf = (...sides: TunedSide[]) => {
    const verdict = tunedVerdict(sides);
    expect(verdict?.state).toBe('untuned');
    // One sentence: the reason, and that the rates may explain the difference.
    expect(verdict?.reason).toMatch(/^[^.]*(0\.\d[^.]*)*may explain the difference\.$/);
    return verdict?.reason;
  };
  expect(reasonOf(side('LoRA', 1e-3, sweep), side('DoRA', 5e-4))).toContain(
    'The learning rate of "DoRA" (0.0005) was not chosen by a sweep, so it may explain the difference.',
  );
  expect(reasonOf(side('LoRA', 2e-3, sweep))).toContain('was trained at 0.002, but its sweep chose 0.001');
  expect(reasonOf(side('imported', null))).toContain('It is unknown how');
  for (const more of [{ rates: [1e-3, 1e-2] }, { seeds: [1] }, { validation_samples: 100 }, { budget: '[600]' }])
    expect(reasonOf(side('LoRA', 1e-3, sweep), side('DoRA', 1e-3, { ...sweep, ...more }))).toContain(
      'different budgets',
    );
});
