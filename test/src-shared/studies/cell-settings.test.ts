import { expect, test } from 'vitest';
import { cellLabel } from '../../../src-shared/studies/cell-settings.ts';

test.each([
  [{}, 'the run'],
  [{ 'adapter.parameters.r': 8, coto: null }, 'r = 8, without CoTo'],
  [{ 'adapter.variant': 'dora', coto: {} }, 'variant = dora, CoTo'],
  [{ coto: { stage1_ratio: 0.5, curve: 'sine' } }, 'CoTo, stage1_ratio = 0.5, curve = sine'],
  [{ coto: { schedule: 'stochastic-depth' } }, 'schedule = stochastic-depth'],
  [{ target_modules: ['query', 'value'] }, 'target_modules = ["query","value"]'],
])('%j is called "%s"', (settings, label) => {
  expect(cellLabel(settings)).toBe(label);
});
