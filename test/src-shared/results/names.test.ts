import { expect, test } from 'vitest';
import { demoText } from '../../../src-main/cli/demo-text.ts';
import { comparisonSides, distinctModelNames } from '../../../src-shared/results/names.ts';
import { runs } from '../../backend/reports/records.ts';

const label = (id: string) => (id === 'dora' ? 'DoRA' : id === 'lora' ? 'LoRA' : id);
const asVariant = (variant: string) =>
  runs.map((run) => ({ ...run, config: { ...run.config, adapter: { ...run.config.adapter, variant } } }));

test('the sides of a comparison are called by the variant that its runs share', () => {
  expect(comparisonSides(runs, label)).toEqual({ without: 'LoRA', coto: 'LoRA + CoTo' });
  expect(comparisonSides(asVariant('dora'), label)).toEqual({ without: 'DoRA', coto: 'DoRA + CoTo' });
  expect(comparisonSides([...runs, ...asVariant('dora')], label)).toEqual({
    without: 'Without CoTo',
    coto: 'With CoTo',
  });
});

test('two bases of one name are told apart by their folders; others go by their names', () => {
  const names = distinctModelNames([
    { id: 'model-6081246191', name: 'base', path: '/a/base' },
    { id: 'model-2', name: 'base', path: '/b/base' },
    { id: 'model-3', name: 'other', path: '/c' },
  ]);
  expect([...names.values()]).toEqual(['base (/a/base)', 'base (/b/base)', 'other']);
});

test('the demo’s text has both', () => {
  const text = demoText({
    rows: [],
    sides: { without: 'DoRA', coto: 'DoRA + CoTo' },
    runs,
    base: 'base (/a/base)',
    totalSeconds: 1,
    reportPath: 'r',
    jsonPath: null,
  });
  expect(text).toContain('DoRA + CoTo');
  expect(text).not.toContain('LoRA');
  expect(text).toContain('base base (/a/base);');
});
