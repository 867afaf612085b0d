import { expect, test } from 'vitest';
import { cellLabel } from '../../../src-shared/studies/cell-settings.ts';

test.each([
  [{}, 'the run'],
  [{ 'adapter.parameters.r': 8, coto: null }, 'r = 8, without CoTo'],
  [{ 'adapter.variant': 'dora', coto: {} }, 'variant = dora, CoTo'],
  [{ coto: { stage1_ratio: 0.5, curve: 'sine' } }, 'CoTo, stage1_ratio = 0.5, curve = sine'],
  [{ coto: { schedule: 'stochastic-depth' } }, 'stochastic depth'],
  [{ coto: { schedule: 'lisa', lisa_activated_layers: 4 } }, 'LISA, lisa_activated_layers = 4'],
  [{ coto: { schedule: 'coto-h' } }, 'CoTo-H'],
  [{ 'coto.stage1_ratio': 0.5 }, 'stage1_ratio = 0.5'],
  [{ target_modules: ['query', 'value'] }, 'target_modules = query + value'],
  [{ 'adapter.parameters.rank_pattern': { query: 4, value: 8 } }, 'rank_pattern = query: 4 + value: 8'],
  [{ metric_for_best_model: null, modules_to_save: [] }, 'metric_for_best_model = none, modules_to_save = none'],
])('%j is called "%s"', (settings, label) => {
  expect(cellLabel(settings)).toBe(label);
});
