import { expect, test } from 'vitest';
import { configDifferences } from '../../../../src-renderer/features/runs/config-differences.ts';
import { runConfigSchema } from '../../../../src-shared/domain/run.ts';

test('only the settings that differ are listed; CoTo switched off has no values of its own', () => {
  const rows = configDifferences([
    runConfigSchema.parse({ seed: 1, adapter: { target_modules: ['q_proj', 'v_proj'] } }),
    runConfigSchema.parse({ seed: 2, adapter: { target_modules: ['q_proj', 'v_proj'] }, coto: { initial_p: 0 } }),
  ]);
  expect(rows).toContainEqual({ name: 'seed', values: ['1', '2'] });
  expect(rows).toContainEqual({ name: 'coto', values: ['off', 'on'] });
  expect(rows).toContainEqual({ name: 'coto.initial_p', values: [null, '0'] });
  expect(rows.map((row) => row.name)).not.toContain('adapter.target_modules');
  expect(rows.map((row) => row.name)).not.toContain('learning_rate');
});

test('equal configs have no differences', () => {
  const config = runConfigSchema.parse({});
  expect(configDifferences([config, config])).toEqual([]);
});
