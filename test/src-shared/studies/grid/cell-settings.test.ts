import { describe, expect, it } from 'vitest';
import { settingWords } from '../../../../src-main/engine/studies/config/setting-words.ts';
import { fieldIds } from '../../../../src-shared/studies/config/field-words.ts';
import { type CellSettings, cellLabel, settingText } from '../../../../src-shared/studies/grid/cell-settings.ts';

/** Settings, their label in words, and the one by ids. */
const labels: [CellSettings, string, string][] = [
  [{}, 'the run', 'the run'],
  [{ 'adapter.parameters.r': 8, coto: null }, 'rank 8, without CoTo', 'r = 8, without CoTo'],
  [{ 'adapter.r': 8 }, 'rank 8', 'r = 8'],
  [{ 'adapter.variant': 'dora-rslora', coto: {} }, 'DoRA with rsLoRA scaling, CoTo', 'variant = dora-rslora, CoTo'],
  [{ 'adapter.variant': 'of-a-later-version' }, 'of-a-later-version', 'variant = of-a-later-version'],
  [
    { coto: { stage1_ratio: 0.5, curve: 'sine' } },
    'CoTo, stage 1 ratio 0.5, curve sine',
    'CoTo, stage1_ratio = 0.5, curve = sine',
  ],
  [{ coto: { schedule: 'stochastic-depth' } }, 'stochastic depth', 'stochastic depth'],
  [
    { coto: { schedule: 'lisa', lisa_activated_layers: 4 } },
    'LISA, activated layers 4',
    'LISA, lisa_activated_layers = 4',
  ],
  [{ coto: { schedule: 'coto-h' } }, 'CoTo-H', 'CoTo-H'],
  [{ 'coto.stage1_ratio': 0.5 }, 'stage 1 ratio 0.5', 'stage1_ratio = 0.5'],
  [{ 'coto.all_off': 'force-one' }, 'if all are off force one on', 'all_off = force-one'],
  [{ gradient_checkpointing: true }, 'gradient checkpointing on', 'gradient_checkpointing = on'],
  [{ 'adapter.target_modules': ['query', 'value'] }, 'target modules query + value', 'target_modules = query + value'],
  [
    { 'adapter.parameters.rank_pattern': { query: 4, value: 8 } },
    'rank by module query: 4 + value: 8',
    'rank_pattern = query: 4 + value: 8',
  ],
  [
    { metric_for_best_model: null, nobody_has: [] },
    'metric for best model none, nobody_has none',
    'metric_for_best_model = none, nobody_has = none',
  ],
];

describe('the label of a cell', () => {
  it.each(labels)('names %j "%s"', (settings, words, ids) => {
    expect(cellLabel(settings, settingWords)).toBe(words);
    expect(cellLabel(settings, fieldIds)).toBe(ids);
  });

  it('says a single value as its form does', () => {
    expect(settingText('adapter.variant', 'dora', settingWords)).toBe('DoRA');
    expect(settingText('coto', null, settingWords)).toBe('without CoTo');
    expect(settingText('adapter.parameters.init_weights', 'gaussian', settingWords)).toBe('Gaussian');
  });
});
